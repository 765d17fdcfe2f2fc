"""The WebSocket connection: uvicorn's protocol without compression, with bounds, that gives its transport away.

Frames to readers are made by the hub and written to the transport as they are; what uvicorn and
`websockets` write themselves (the handshake, pongs, pings, a goodbye) are whole frames as well, so the two
never mix within a frame.
"""

import logging
from typing import Any, cast

from uvicorn.config import Config
from websockets.frames import Frame
from websockets.server import ServerProtocol

from emporion.gateway.protocol import DoorWebSocket

REQUEST_BYTES_MAX = 4_096
FRAGMENTS_MAX = 64  # Of one request.
PINGS_MAX = 32  # Unanswered for want of a reader, before it is cut off.
PONG_BYTES = 1 << 16  # Unsent bytes at which pings count as unanswered.
PING_SECONDS = 20.0
GOODBYE_SECONDS = 2.0
EXTENSION = "emporion.stream"  # In the ASGI scope's extensions: the protocol itself.
log = logging.getLogger("uvicorn.error")


class StreamProtocol(DoorWebSocket):
    """One connection; made by uvicorn."""

    def __init__(self, config: Config, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = ServerProtocol(extensions=[], max_size=REQUEST_BYTES_MAX, logger=log)
        self.ping_interval = self.ping_timeout = PING_SECONDS
        self.close_timeout = GOODBYE_SECONDS
        self.frames: list[bytes] = []
        self.read_paused = False
        self._pings = 0

    def send_frame(self, frame: bytes) -> bool:
        """Hand the bytes of a whole frame to the transport, which never waits; False when the connection is ending."""
        if self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self.transport.get_write_buffer_size()

    def cut_off(self) -> None:
        """End the connection at once: no goodbye would get through."""
        self.transport.abort()

    def hang_up(self, code: int, reason: str) -> None:
        """Say goodbye with a reason, and close once it has been read or has not been for a while."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason.encode()[:120].decode(errors="ignore"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    # --- What uvicorn's protocol does otherwise --------------------------------------------------------

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            scope = cast(dict[str, Any], self.scope)
            scope["extensions"][EXTENSION] = {"protocol": self}

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS_MAX:
            self.hang_up(1008, f"a request in more than {FRAGMENTS_MAX} fragments")
        elif not self.close_sent:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "bytes":
            self.frames = []
            self.hang_up(1003, "requests are text: JSON")
            return
        try:
            b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self.hang_up(1007, "text must be UTF-8")
            return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Who pings and does not read would have us queue pongs without end."""
        if self.transport.get_write_buffer_size() > PONG_BYTES:
            self._pings += 1
            if self._pings > PINGS_MAX:
                self.transport.abort()
                return
        else:
            self._pings = 0
        super().handle_ping()
