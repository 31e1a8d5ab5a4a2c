"""Addresses: the Runtime API and the platform's endpoint, and nothing else."""

import socket

from hostile import Hostile


def host_addresses():
    """Addresses by which this host is reached, loopback included."""
    found = {"127.0.0.1"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the address
            found.add(probe.getsockname()[0])
        except OSError:
            pass
    return sorted(found)


class NetworkTest(Hostile):
    def test_two_ports_are_there(self):
        source = """
def is_open(port):
    with socket.socket() as s:
        s.settimeout(5)
        return s.connect_ex(('127.0.0.1', port)) == 0
open_ports = [port for port in range(1, 65536) if is_open(port)]
mine = {int(os.environ['AWS_LAMBDA_RUNTIME_API'].rpartition(':')[2]), int(os.environ['AWS_ENDPOINT_URL'].rpartition(':')[2])}
result = sorted(set(open_ports) ^ mine)
"""
        # A connection to a port in the range that the kernel gives out can, rarely, meet itself.
        for _, others in self.in_both(source):
            self.assertEqual([port for port in others if port < 32768], [])

    def test_the_host_and_the_world(self):
        with socket.create_server(("0.0.0.0", 0)) as door:
            source = """
ports = event['ports'] + [22, 80, 443, 53, 2375, 6443]
answers = {}
for address in event['addresses']:
    for port in ports:
        for family in [socket.AF_INET6 if ':' in address else socket.AF_INET]:
            with socket.socket(family) as s:
                s.settimeout(3)
                answers[f'{address} {port}'] = attempt(s.connect, (address, port))
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                answers[f'{address} {port} UDP'] = 'allowed' if address not in event['loopback'] and attempt(s.sendto, b'x', (address, port)) == 'allowed' else ''
result = {name: answer for name, answer in answers.items() if answer not in ('', 'ENETUNREACH', 'ECONNREFUSED', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL')}
"""
            world = ["8.8.8.8", "169.254.169.254", "10.0.0.1", "192.168.0.1", "172.17.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255"]
            world += ["::ffff:8.8.8.8", "2001:4860:4860::8888", "fe80::1"]
            self.expect(
                {},
                source,
                addresses=host_addresses() + world,
                loopback=["127.0.0.1"],
                ports=[door.getsockname()[1], self.server.port],
            )
            door.settimeout(0)
            self.assertRaises(BlockingIOError, door.accept)

    def test_interfaces_and_routes(self):
        source = """
interfaces = [line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]]
result = [interfaces, len(open('/proc/net/route').readlines()), attempt(socket.getaddrinfo, 'example.com', 80) != 'allowed']
"""
        self.expect([["lo"], 1, True], source)

    def test_its_own_services_cannot_be_replaced(self):
        source = """
port = int(os.environ['AWS_ENDPOINT_URL'].rpartition(':')[2])
def listen(reuse):
    with socket.socket() as s:
        if reuse: s.setsockopt(socket.SOL_SOCKET, reuse, 1)
        s.bind(('127.0.0.1', port)); s.listen()
result = [attempt(listen, reuse) for reuse in (0, socket.SO_REUSEADDR, socket.SO_REUSEPORT)] + [
    attempt(socket.socket().bind, ('0.0.0.0', port)), attempt(socket.socket().bind, ('0.0.0.0', 80))]
"""
        self.expect(["EADDRINUSE"] * 4 + ["EACCES"], source)
