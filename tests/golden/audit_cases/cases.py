"""The table of cases: each a capture made here, and what `capstan audit` must say of it."""
from wire import Session, frames, write_pcap

CASES = []
SECRET = b"TOPSECRET1"


class Case:
    def __init__(self, name, right, write, secrets=(SECRET,), arguments=()):
        self.name, self.right, self.write = name, right, write
        self.secrets, self.arguments = secrets, list(arguments)


def case(name, right, packets, link=1, times=None, secrets=(SECRET,), arguments=()):
    CASES.append(Case(name, right, lambda path: write_pcap(path, packets, link, times), secrets, arguments))


def stream(name, right, turns, port, secrets=(SECRET,), odd=True, cut=(1, 7), client=True, odd_right=None,
           client_right=None, mid=False, v6=True, server=None):
    """A TCP session and its kin: cut at other places, on another port, over IPv6, one side only, met without a SYN."""
    server = client and right.startswith("login") if server is None else server

    def add(suffix, wanted, **how):
        how.setdefault("port", port)
        case(name + suffix, wanted, frames(Session(turns, **how).packets), secrets=secrets)
    add("", right)
    for step in cut:
        add(f"_cut{step}", right, segment=step)
    if v6:
        add("_v6", right, v6=True)
    plain = " ".join(word for word in right.split(" ") if not word.startswith("protocol="))
    if odd:
        add("_odd", odd_right or plain, port=23456 if odd is True else odd)
    if client:
        alone = right.split()[0]
        add("_client", client_right or (f"{alone} | unknown" if alone == "login" else right), sides="c")
    if mid:
        add("_nosyn", right, syn=False)
    if server:
        # What the server says tells of no login at most; then it must not be a plain 0.
        case(name + "_server", "exit=5 | login | unknown", frames(Session(turns, port=port, sides="s").packets), secrets=secrets)


def datagrams(name, right, packets, secrets=(SECRET,)):
    case(name, right, frames(packets), secrets=secrets)
