"""Actions by OSC, because the DAW has the focus: a small server on this machine alone, off unless switched on.

Every action of the table has an address (/onetake/hear/3); an argument of 0 means that a button was let go and
does nothing. What is no address of ours is ignored: a controller may send much else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from presets.errors import InvalidRequest
from ui.actions import BY_OSC

HOST = "127.0.0.1"


class OscServer:
    """Listens until closed."""

    def __init__(self, port: int, trigger: Callable[[str], None]) -> None:
        """trigger: called with an action's id, in the server's thread. port: 0 takes a free one.

        Raises:
            InvalidRequest: the port is taken.
        """
        self._trigger = trigger
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._hear)
        try:
            self._server = BlockingOSCUDPServer((HOST, port), dispatcher)
        except OSError as error:
            raise InvalidRequest(f"OSC cannot use port {port}: {error.strerror}. Choose another.") from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _hear(self, address: str, *values: Any) -> None:
        action = BY_OSC.get(address)
        let_go = bool(values) and isinstance(values[0], int | float) and values[0] <= 0
        if action is not None and not let_go:
            self._trigger(action.id)
