"""`./run chaos [--faults N] [--seed N]`: a live session whose servers are killed, paused, cut off and restarted.

One fault after the other, each followed by waiting until all works again. At the end the record, its chain, the
attendance, the alerts and the recording are judged. The same seed does the same. Exit status 1 if anything was wrong.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.chaos.world import world


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=20, metavar="N", help="how many (20; about ten seconds each)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which faults, in which order (1)")
    parser.add_argument("--folder", type=Path, help="where its files and logs stay (a temporary folder)")
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="plenari-chaos-") as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        wrong = asyncio.run(_run(folder, chosen.seed, chosen.faults, console))
    for what in wrong:
        console.print(f"[red]✗[/] {what}", highlight=False)
    if wrong:
        sys.exit(1)
    console.print(f"[green]✓[/] {chosen.faults} faults (seed {chosen.seed}): nothing lost, nothing invented.")


async def _run(folder: Path, seed: int, faults: int, console: Console) -> list[str]:
    def tell(line: str) -> None:
        console.print(line, highlight=False)

    async with world(folder, seed, tell) as hurt:
        for _ in range(faults):
            await hurt.hurt()
        await hurt.close()
        return hurt.wrong


if __name__ == "__main__":
    main()
