# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One transfer task to OBS by the SDK of the vendor, as a module on it would make it: look, and create what is missing.

Takes the names of stream and task; finds the cloud in the environment.
"""

from __future__ import annotations

import sys

import openstack
from openstack import exceptions


def main() -> None:
    stream, task = sys.argv[1:]
    cloud = openstack.connect(load_yaml_config=False)
    from otcextensions import sdk

    sdk.register_otc_extensions(cloud)
    try:
        cloud.dis.get_dump_task(stream, task)
    except (exceptions.NotFoundException, exceptions.BadRequestException):
        descriptor = {
            "task_name": task,
            "agency_name": "dis_admin_agency",
            "obs_bucket_path": "telemetry-staging",
            "deliver_time_interval": 120,
            "consumer_strategy": "LATEST",
            "destination_file_type": "text",
        }
        cloud.dis.create_dump_task(stream, destination_type="OBS", obs_destination_descriptor=descriptor)


if __name__ == "__main__":
    main()
