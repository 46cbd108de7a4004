"""Takes away from `app` and `ddsp_backend` what Python has only on POSIX. Libraries and tests keep it.

Python runs this at its start, and at the start of every child process, where this folder stands in PYTHONPATH:

    PYTHONPATH=tests/without_posix:. .venv/bin/python -m pytest tests/jobs
"""

import builtins
import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import windows_files

_OURS = ("app", "ddsp_backend")

_MISSING_MODULES = """
    crypt curses fcntl grp nis ossaudiodev posix pty pwd readline resource spwd syslog termios tty _posixsubprocess
"""

# All that these have on Windows, but for what nobody should use. Of what is not public only that of forks is missing.
_PRESENT = {
    "os": """
        DirEntry EX_OK F_OK O_APPEND O_CREAT O_EXCL O_RDONLY O_RDWR O_TRUNC O_WRONLY PathLike R_OK SEEK_CUR SEEK_END
        SEEK_SET W_OK X_OK abort access altsep chdir chmod close closerange cpu_count curdir device_encoding devnull dup
        dup2 environ error execv execve extsep fdopen fsdecode fsencode fspath fstat fsync ftruncate get_exec_path
        get_handle_inheritable get_inheritable get_terminal_size getcwd getcwdb getenv getlogin getpid getppid isatty
        kill linesep link listdir lseek lstat makedirs mkdir name open pardir path pathsep pipe process_cpu_count putenv
        read readlink remove removedirs rename renames replace rmdir scandir sep set_handle_inheritable set_inheritable
        startfile stat stat_result strerror supports_dir_fd supports_fd supports_follow_symlinks symlink terminal_size
        times truncate umask unlink unsetenv urandom utime waitpid waitstatus_to_exitcode walk write
    """,
    "signal": """
        CTRL_BREAK_EVENT CTRL_C_EVENT Handlers NSIG SIGABRT SIGBREAK SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL
        SIG_IGN Signals default_int_handler getsignal raise_signal set_wakeup_fd signal strsignal valid_signals
    """,
    "select": "error select",
}
# Of these most is there, and this is not.
_MISSING = {
    "asyncio": "open_unix_connection start_unix_server",
    "shutil": "chown",
    "socket": "AF_UNIX CMSG_LEN CMSG_SPACE SCM_RIGHTS recv_fds send_fds sethostname",
    "time": "CLOCK_MONOTONIC clock_getres clock_gettime clock_gettime_ns pthread_getcpuclockid tzset",
}


class _OnWindows(ModuleType):
    """A module of Python with what is left of it."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_module"].__name__
        is_there = name in _PRESENT[module].split() if module in _PRESENT else name not in _MISSING[module].split()
        if not is_there and not (name.startswith("_") and "fork" not in name):
            raise AttributeError(f"module {module!r} has no attribute {name!r} on Windows")
        return getattr(self.__dict__["_module"], name)


_left_over: dict[str, ModuleType] = {}
_import = builtins.__import__


def _import_on_windows(
    name: str,
    globals: Mapping[str, Any] | None = None,  # so does Python call them
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    module = _import(name, globals, locals, fromlist, level)
    importer = (globals or {}).get("__package__") or ""
    if level or importer.partition(".")[0] not in _OURS:
        return module
    if name in _MISSING_MODULES.split():
        raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
    if module.__name__ in _PRESENT or module.__name__ in _MISSING:
        return _left_over.setdefault(module.__name__, _OnWindows(module))
    return module


builtins.__import__ = _import_on_windows


def failing(names: Sequence[str]) -> dict[str, str]:
    """Of these modules those that cannot be imported, and why not."""
    errors: dict[str, str] = {}
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, AttributeError) as error:
            errors[name] = str(error)
    return errors


windows_files.install()
