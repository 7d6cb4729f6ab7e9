# marking-relay.py SERVER-PORT MARK: a UDP relay for one client over IPv4. What it passes on to the
# server carries MARK (2: ECT(0), 3: congestion experienced) in the ECN field. It prints its port, then
# each new mark that it sees from the client and from the server.
import select
import socket
import sys

server = ("127.0.0.1", int(sys.argv[1]))
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for end in (front, back):
    end.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
front.bind(("127.0.0.1", 0))
back.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(sys.argv[2]))
print(front.getsockname()[1], flush=True)
client = None
seen = set()
while True:
    for end in select.select([front, back], [], [])[0]:
        data, control, _, sender = end.recvmsg(65536, 64)
        mark = next((value[0] & 3 for _, kind, value in control if kind == socket.IP_TOS), 0)
        name = "client" if end is front else "server"
        if (name, mark) not in seen:
            seen.add((name, mark))
            print(name, mark, flush=True)
        if end is front:
            client = sender
            back.sendto(data, server)
        elif client is not None:
            front.sendto(data, client)
