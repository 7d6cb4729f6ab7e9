# A relay in a process of its own, by aioquic: ends QUIC (ALPN smb) and passes the bytes to a TCP port.
# The settings are one line of JSON on standard input; the port is told on standard output. A line
# "update-keys" updates the keys of every connection. It ends when its standard input does.

import asyncio
import json
import os
import sys
import threading

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived, StreamReset
from aioquic.tls import load_pem_private_key, load_pem_x509_certificates

settings = json.loads(sys.stdin.readline())
connections = set()
tasks = set()
tickets = {}
WAITING_LIMIT = 4 << 20


class Relay(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pumps = {}
        connections.add(self)

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived):
            if event.stream_id not in self.pumps:
                queue = asyncio.Queue()
                self.pumps[event.stream_id] = queue
                # The loop itself holds tasks weakly only.
                task = asyncio.ensure_future(self.join(event.stream_id, queue))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            self.pumps[event.stream_id].put_nowait((event.data, event.end_stream))
        elif isinstance(event, StreamReset):
            self.stop(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            connections.discard(self)
            for stream_id in list(self.pumps):
                self.stop(stream_id)

    def stop(self, stream_id):
        queue = self.pumps.get(stream_id)
        if queue is not None:
            queue.put_nowait((None, True))

    async def join(self, stream_id, queue):
        try:
            reader, writer = await asyncio.open_connection(settings["tcpHost"], settings["tcpPort"])
        except OSError:
            self.reset(stream_id)
            return
        answers = asyncio.ensure_future(self.answer(stream_id, reader))
        try:
            end = False
            while not end:
                data, end = await queue.get()
                if data is None:
                    break
                writer.write(data)
                await writer.drain()
            if end and data is not None:
                writer.write_eof()
                await answers
        except OSError:
            self.reset(stream_id)
        finally:
            answers.cancel()
            writer.close()

    async def answer(self, stream_id, reader):
        try:
            while True:
                data = await reader.read(65536)
                self._quic.send_stream_data(stream_id, data, end_stream=not data)
                self.transmit()
                if not data:
                    return
                # aioquic keeps what the peer has not acknowledged and tells nobody when it is less.
                while self.waiting(stream_id) > WAITING_LIMIT:
                    await asyncio.sleep(0.002)
        except OSError:
            self.reset(stream_id)

    def waiting(self, stream_id):
        stream = self._quic._streams.get(stream_id)
        return len(stream.sender._buffer) if stream is not None else 0

    def reset(self, stream_id):
        try:
            self._quic.reset_stream(stream_id, 1)
            self.transmit()
        except Exception:
            pass


def command(line):
    if line == "update-keys":
        for connection in connections:
            connection._quic.request_key_update()
            connection.transmit()


def listen_for_commands(loop):
    for line in sys.stdin:
        loop.call_soon_threadsafe(command, line.strip())
    os._exit(0)


async def main():
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["smb"], idle_timeout=30)
    certificates = load_pem_x509_certificates(settings["cert"].encode())
    configuration.certificate = certificates[0]
    configuration.certificate_chain = certificates[1:]
    configuration.private_key = load_pem_private_key(settings["key"].encode())
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: QuicServer(
            configuration=configuration,
            create_protocol=Relay,
            session_ticket_fetcher=lambda ticket: tickets.pop(ticket, None),
            session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket),
        ),
        local_addr=("127.0.0.1", settings.get("port", 0)),
    )
    print(transport.get_extra_info("sockname")[1], flush=True)
    threading.Thread(target=listen_for_commands, args=(loop,), daemon=True).start()
    await asyncio.Future()


asyncio.run(main())
