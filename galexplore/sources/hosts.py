"""Which servers may be asked: a fixed list over https, on public addresses alone; loopback only for a stand-in."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from galexplore.errors import InputError

#: Servers that are asked, and for what.
HOSTS = {
    "www.legacysurvey.org": "the Legacy Surveys' viewer",
    "cds.unistra.fr": "the name resolver Sesame",
    "alasky.cds.unistra.fr": "the picture server hips2fits",
    "skyserver.sdss.org": "SkyServer",
    "datalab.noirlab.edu": "the Astro Data Lab (DESI)",
    "datacentral.org.au": "Data Central (GAMA)",
    "data.galaxyzoo.org": "Galaxy Zoo's data",
}


def check_url(url: str, stand_in: str = "", more: frozenset[str] = frozenset()) -> None:
    """Refuse an address that is not on the list.

    Parameters
    ----------
    url : str
    stand_in : str
        Origin of a stand-in on this machine, "http://127.0.0.1:PORT", which alone is allowed then.
    more : frozenset of str
        Hosts beside the list, which a person named.

    Raises
    ------
    InputError
        One sentence, before anything is sent.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InputError(f"{url[:80]!r} is no address; an https address of a survey's server would be one") from error
    if stand_in:
        if f"{parts.scheme}://{parts.netloc}" != stand_in:
            raise InputError(f"{_spell(url)} is not asked: the stand-in of the servers alone is")
        return
    if parts.scheme != "https":
        raise InputError(f"{_spell(url)} is not asked: only https addresses are")
    if (
        parts.username is not None
        or parts.password is not None
        or port not in (None, 443)
        or host not in {*HOSTS, *more}
    ):
        raise InputError(f"{_spell(url)} is not asked: it is none of {', '.join(sorted(HOSTS))}")


def _spell(url: str) -> str:
    """Spell the start of an address for a sentence: what can be printed of it."""
    scheme, _, rest = url.partition("://")
    spelt = f"{scheme}://{rest.split('/')[0]}" if rest else url
    return "".join(c for c in spelt if c.isprintable())[:80]


def check_stand_in(origin: str) -> str:
    """Give the origin of a stand-in without a slash at its end; refuse any that is not of this machine.

    Raises
    ------
    InputError
        Where it is not "http://127.0.0.1:PORT".
    """
    parts = urlsplit(origin.rstrip("/"))
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or not port or parts.netloc != f"127.0.0.1:{port}":
        raise InputError(f"a stand-in of the servers stands at http://127.0.0.1:PORT, not at {origin[:60]!r}")
    return f"http://127.0.0.1:{port}"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public network, with whatever address is wrapped in it."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (ip, *_unwrap(ip)))


def _unwrap(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield addresses of version 4 that one of version 6 leads to: mapped, 6to4, or by NAT64 (RFC 6052)."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            yield ip.ipv4_mapped
        if ip.sixtofour:
            yield ip.sixtofour
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
