"""``AtStart``: what ``on_start`` does before the app answers its first request.

Flask has no hook for a start: while the app is made, the database extension may not be set up and no model imported,
and the app is made by every ``flask`` command too. The first call of the app by a server is the first moment at
which it surely is whole and surely serves, in the process that serves.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from whimbrel.cli.group import is_running
from whimbrel.settings import on_start_of

if TYPE_CHECKING:
    from flask import Flask

    from whimbrel.commands.at_head import State
    from whimbrel.commands.starting import Started
    from whimbrel.errors import WhimbrelError
    from whimbrel.run import Project
    from whimbrel.settings import OnStart

    WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

# While the database is not as it should be, each request asks again, but no oftener than this, in seconds.
PAUSE = 1.0


class AtStart:
    """What is done once for an app in a process.

    Args:
        app: The app.
        state: What the extension left in it.
        given: What ``Migrate`` was given as ``on_start``.
    """

    def __init__(self, app: Flask, state: State, given: Any) -> None:
        """Take the place before the app."""
        self._app = app
        self._state = state
        self._given = given
        self._lock = threading.RLock()
        self._settled = False
        self._acts = False
        self._failure: WhimbrelError | None = None
        self._trouble: Exception | None = None
        self._logged: Exception | None = None
        self._again_at = 0.0
        self._next: WSGI = app.wsgi_app
        app.wsgi_app = self._answer  # type: ignore[method-assign]

    def stand_aside(self) -> None:
        """Leave it to another one."""
        self._settled = True

    def act(self) -> None:
        """Do what ``on_start`` says, unless it is done; a second thread waits for the first.

        Raises:
            WhimbrelError: The app must not serve yet.
        """
        with self._lock:
            if self._settled or self._acts:  # a script may ask the app for a page
                return
            if self._trouble is not None and time.monotonic() < self._again_at:
                raise self._trouble
            self._acts = True
            try:
                self._act()
            except Exception as error:
                self._trouble, self._again_at = error, time.monotonic() + PAUSE
                _complete(error)
                raise
            finally:
                self._acts = False
            self._settled, self._trouble = True, None

    def act_before_serving(self) -> None:
        """Do it now; the process may fork, so no connection is kept. Processes of ``flask`` wait for a request."""
        if is_running() or os.environ.get("FLASK_RUN_FROM_CLI") == "true":
            return
        self.act()
        if on_start_of(self._app.config, self._given) != "off":
            from whimbrel.targets import engines_of
            from whimbrel.targets.connecting import let_go

            with self._app.app_context():
                let_go(engines_of(self._state.db).values())

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._settled or is_running():
            return self._next(environ, start_response)
        try:
            self.act()
        except Exception as error:
            from whimbrel.errors import WhimbrelError

            if self._app.testing or not isinstance(error, WhimbrelError):
                raise
            return self._refuse(error, start_response)
        return self._next(environ, start_response)

    def _act(self) -> None:
        wish = on_start_of(self._app.config, self._given)
        if wish == "off":
            return
        from whimbrel.commands.at_head import surely_at_head

        with self._app.app_context():
            if surely_at_head(self._state):
                return
            self._act_thoroughly(wish)

    def _act_thoroughly(self, wish: OnStart) -> None:
        from whimbrel.commands import open_project

        project = open_project({"migrate": self._state}, self._app.config)
        started = self._upgrade(project) if wish == "upgrade" and self._failure is None else self._check(project)
        if started.applied:
            self._app.logger.info("Applied at the start: %s", ", ".join(started.applied))
        if started.unknown:
            self._app.logger.warning(
                "The database is ahead: no script here has %s. Newer code has migrated it.", ", ".join(started.unknown)
            )

    def _upgrade(self, project: Project) -> Started:
        """Upgrade; but a revision that has failed is not run again, as it would be with each request."""
        from whimbrel.commands.starting import bring_to_head
        from whimbrel.errors import RevisionFailed, StoppedPartWay

        try:
            return bring_to_head(project)
        except (RevisionFailed, StoppedPartWay) as error:
            self._failure = error
            raise

    def _check(self, project: Project) -> Started:
        from whimbrel.commands.starting import require_head
        from whimbrel.errors import NotAtHead

        try:
            return require_head(project)
        except NotAtHead as error:
            raise self._failure or error from None

    def _refuse(self, error: WhimbrelError, start_response: Any) -> Iterable[bytes]:
        text = f"Error: {error.what}\n  Why:  {error.why}\n  Do:   {error.do}"
        if error is not self._logged:
            self._app.logger.error("%s", text)
            self._logged = error
        shown = text if self._app.debug else "The database is not ready."
        start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{shown}\n".encode()]


def _complete(error: Exception) -> None:
    """Let a traceback show all that an error of the family says."""
    if hasattr(error, "__notes__"):
        return
    for label in ("why", "do"):
        text = getattr(error, label, "")
        if text:
            error.add_note(f"  {label.capitalize()}: {text}")
