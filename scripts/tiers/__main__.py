"""The `tiers` program. An interrupt while its parts are still being read ends it silently."""

import signal


def main() -> None:
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tiers.cli import main as run

    signal.signal(signal.SIGINT, interrupt)
    run(prog_name="tiers")


if __name__ == "__main__":
    main()
