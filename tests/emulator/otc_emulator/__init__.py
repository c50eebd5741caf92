# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server that behaves like IAM v3 and DIS v2 of Open Telekom Cloud, for tests.

This file imports nothing, so that ``otc_emulator.runner`` works with the standard library alone.
"""
