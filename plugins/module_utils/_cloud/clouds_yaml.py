# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``clouds.yaml`` and related files, found and read as in openstacksdk. Private to otc.dis.

Imported only if a run may need such a file. Source: IAM sheet, section 4.2.
"""

from __future__ import annotations

import os
from typing import (
    Any,
    Dict,
    List,
    Mapping,
    Optional,
    Tuple,
)

from .._core.errors import InvalidOptions, join_names, list_names
from .files import Files
from .settings import (
    AUTH,
    PRINCIPAL_KEYS,
    Settings,
    Source,
    first_source_with,
    flatten,
    from_environ,
    is_set,
    lookup,
)
from .transport import exceeds_limits

SUFFIXES = (".yaml", ".yml", ".json")
PROFILES: Mapping[str, Mapping[str, Any]] = {
    "otc": {
        "auth": {"auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"},
        "regions": ["eu-de", "eu-nl"],
    },
    "otc-swiss": {
        "auth": {"auth_url": "https://iam-pub.{region_name}.sc.otc.t-systems.com/v3"},
        "regions": ["eu-ch2"],
    },
}
"""Vendor profiles of openstacksdk for Open Telekom Cloud."""


def folders(environ: Mapping[str, str], files: Files) -> List[str]:
    """Return the search path of clouds files: working directory, playbook directory, then those of openstacksdk."""
    home = os.path.expanduser("~")
    user = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    found = [*files.candidates("."), os.path.join(user, "openstack"), os.path.join(home, ".config", "openstack")]
    sites = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    found += [os.path.join(site, "openstack") for site in sites if site] + ["/etc/openstack"]
    return list(dict.fromkeys(found))


def find(stem: str, variable: str, environ: Mapping[str, str], files: Files) -> Optional[str]:
    """Return the path in an environment variable, else that of the first existing file in the search path.

    :param stem: file name without suffix
    :raises InvalidOptions: the file in the variable does not exist
    """
    named = environ.get(variable, "").strip()
    if named:
        return files.find(named, variable)
    for path in (os.path.join(folder, stem + suffix) for folder in folders(environ, files) for suffix in SUFFIXES):
        if os.path.isfile(path):
            return path
    return None


def load(path: Optional[str], files: Files, what: str) -> Dict[str, Any]:
    """Return the mapping under one key of a file; empty without a file.

    :raises InvalidOptions: the file cannot be read or is invalid; the message does not contain its content
    """
    if path is None:
        return {}
    from . import files as _yaml

    try:
        content = files.read(path, "The clouds file").decode("utf-8")
        document = _yaml.parse(content, lambda value: files.decrypted(value, path))
    except UnicodeError:
        raise InvalidOptions(f"{path} is not UTF-8 text.") from None
    except _yaml.NotYaml as err:
        raise InvalidOptions(f"{path} {err}.") from None
    if exceeds_limits(document):
        raise InvalidOptions(f"{path} contains an alias that refers to itself.")
    entries = document.get(what) if isinstance(document, dict) else None
    if document is None or (isinstance(document, dict) and entries is None):
        return {}
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise InvalidOptions(f'{path} must contain a mapping "{what}" with a mapping for each name.')
    return {str(name): entry for name, entry in entries.items()}


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Dict[str, Any]:
    """Merge two mappings recursively; values of the second take precedence unless they are empty."""
    result = dict(under)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = merged(old, value)
        elif is_set(value) or key not in result:
            result[key] = value
    return result


def entry(
    name: Optional[str],
    region_name: Optional[str],
    environ: Mapping[str, str],
    files: Files,
    named_by: str,
    must_choose: bool = False,
) -> Optional[Tuple[str, Dict[str, Any], Optional[Tuple[str, Dict[str, Any]]]]]:
    """Return the place and settings of an entry, with profile and secrets, and its part of the secure file.

    :param name: name of the entry; None selects the only entry of the file
    :param region_name: region from other settings
    :param named_by: option or variable that names the entry, for messages
    :param must_choose: whether credentials are required from an entry, so that one of several must be named
    :raises InvalidOptions: the entry does not exist, or does not have the region
    """
    path = find("clouds", "OS_CLIENT_CONFIG_FILE", environ, files)
    clouds = load(path, files, "clouds")
    if name is None:
        if len(clouds) > 1 and must_choose:
            raise InvalidOptions(
                f"{path} has {len(clouds)} entries, and none is selected.",
                f"Select one with cloud or OS_CLOUD: {list_names(sorted(clouds))}.",
            )
        if len(clouds) != 1:
            return None
        name = next(iter(clouds))
    if name not in clouds:
        if path is None:
            raise InvalidOptions(
                f'{named_by} is "{name}", but no clouds.yaml was found in {join_names(folders(environ, files))}.',
                "Create it in one of these directories, or set OS_CLIENT_CONFIG_FILE to its path.",
            )
        if len(clouds) == 1 and is_set(environ.get("OS_CLIENT_CONFIG_FILE")):
            only = next(iter(clouds))
            raise InvalidOptions(
                f'{named_by} is "{name}", but {path} (from OS_CLIENT_CONFIG_FILE) contains only "{only}".',
                f"Remove {named_by}: without a name, the only entry is used. A file that AWX creates from a credential"
                ' has a single entry, "devstack".',
            )
        raise InvalidOptions(
            f'{named_by} is "{name}", but {path} contains {list_names(sorted(clouds)) if clouds else "no clouds"}.'
        )
    secure_path = find("secure", "OS_CLIENT_SECURE_FILE", environ, files)
    secure = load(secure_path, files, "clouds").get(name)
    found = merged(clouds[name], secure or {})
    place = f'cloud "{name}" in {path}'
    complete = in_region(with_profile(found, place, environ, files), region_name, place)
    return place, complete, None if secure is None else (f'cloud "{name}" in {secure_path}', secure)


def with_profile(found: Dict[str, Any], place: str, environ: Mapping[str, str], files: Files) -> Dict[str, Any]:
    """Merge an entry over its vendor profile.

    :raises InvalidOptions: the profile is unknown
    """
    profile = found.get("profile") or found.get("cloud")
    if not is_set(profile):
        return found
    public = load(find("clouds-public", "OS_CLIENT_VENDOR_FILE", environ, files), files, "public-clouds")
    known = merged(dict(PROFILES), public)
    if str(profile) not in known:
        raise InvalidOptions(f'{place} has the unknown profile "{profile}"; known are {join_names(sorted(known))}.')
    return merged(known[str(profile)], found)


def in_region(found: Dict[str, Any], region_name: Optional[str], place: str) -> Dict[str, Any]:
    """Merge the settings of a region into an entry: those of the selected region, else of the first.

    :raises InvalidOptions: the entry does not have the region
    """
    regions = found.get("regions")
    if not isinstance(regions, list) or not regions:
        return found
    by_name: Dict[str, Mapping[str, Any]] = {}
    for region in regions:
        values = region.get("values") if isinstance(region, dict) else None
        name = region.get("name") if isinstance(region, dict) else region
        by_name[str(name)] = values if isinstance(values, dict) else {}
    selected = str(region_name or found.get("region_name") or next(iter(by_name)))
    if selected not in by_name:
        raise InvalidOptions(
            f'{place} has the regions {list_names(by_name)}, not "{selected}".', "Correct region_name."
        )
    return merged(found, {**by_name[selected], "region_name": selected})


CLOUD_NAMED_BY = "OTC_DIS_CLOUD_NAMED_BY"
"""Variable with the name of the option that the user set, if a plugin sets OS_CLOUD from it; for messages."""


def collect_sources(params: Mapping[str, Any], environ: Mapping[str, str], files: Files) -> List[Source]:
    """Return the sources of settings in order of precedence: options, cloud, environment.

    :param files: finds and decrypts clouds files
    :raises InvalidOptions: the named cloud does not exist
    """
    options = flatten("the options", {name: params[name] for name in AUTH if name != "cloud"})
    environment = from_environ(environ)
    cloud = params["cloud"]
    if isinstance(cloud, dict):
        return [options, flatten("option cloud", complete_entry(cloud, options, environ, files)), environment]
    if cloud is not None and not isinstance(cloud, str):
        raise InvalidOptions("cloud must be a name in clouds.yaml, or a dictionary with the settings of such an entry.")
    name, named_by = (cloud, "cloud") if is_set(cloud) else (None, "")
    if name is None:
        if first_source_with([options], "auth_url", "endpoint_override") and first_source_with(
            [options], *PRINCIPAL_KEYS
        ):
            return [options, environment]
        if is_set(environ.get("OS_CLOUD")):
            name, named_by = environ["OS_CLOUD"].strip(), environ.get(CLOUD_NAMED_BY) or "OS_CLOUD"
        elif first_source_with([options, environment], "auth_url"):
            return [options, environment]
    must_choose = first_source_with([options, environment], *PRINCIPAL_KEYS) is None
    region_name = lookup([options, environment], "region_name")
    found = entry(name, region_name, environ, files, named_by, must_choose)
    if found is None:
        return [options, environment]
    place, values, secure = found
    secrets = flatten(*secure) if secure is not None else None  # first, so that errors name the secure file
    source = flatten(place, values)
    if secrets is not None:
        source = source._replace(places={**source.places, **secrets.places})
    return [options, source, environment]


def complete_entry(
    cloud: Mapping[str, Any], options: Source, environ: Mapping[str, str], files: Files
) -> Mapping[str, Any]:
    """Return the dictionary of the option ``cloud`` with its profile and region, as for an entry of a clouds file.

    :raises InvalidOptions: it is invalid
    """
    if not isinstance(cloud.get("auth", {}), dict):
        raise InvalidOptions("auth in cloud must be a dictionary.")
    if not any(is_set(cloud.get(word)) for word in ("profile", "cloud", "regions")):
        return cloud
    found = with_profile(dict(cloud), "option cloud", environ, files)
    return in_region(found, lookup([options], "region_name"), "option cloud")


def with_full_paths(settings: Settings, files: Files) -> Settings:
    """Return settings with the full paths of the certificate files.

    :raises InvalidOptions: a file does not exist or is not a regular file
    """
    verify, cert = settings.verify, settings.cert
    if isinstance(verify, str):
        verify = files.find(verify, settings.places["verify"], folders=True)
    if isinstance(cert, str):
        cert = files.find(cert, settings.places["cert"])
    elif cert is not None:
        cert = files.find(cert[0], settings.places["cert"]), files.find(cert[1], settings.places["key"])
    return settings._replace(verify=verify, cert=cert)
