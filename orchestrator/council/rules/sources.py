"""Where the norms of the rules can be read."""

from typing import Final

LRBRL: Final = "https://www.boe.es/buscar/act.php?id=BOE-A-1985-5392"
LOREG: Final = "https://www.boe.es/buscar/act.php?id=BOE-A-1985-11672"
ROF: Final = "https://www.boe.es/buscar/act.php?id=BOE-A-1986-33252"
LEY_40_2015: Final = "https://www.boe.es/buscar/act.php?id=BOE-A-2015-10566"
LLEI_26_2010: Final = "https://www.boe.es/buscar/act.php?id=BOE-A-2010-13313"
TRLMRLC: Final = "https://portaljuridic.gencat.cat/eli/es-ct/dlg/2003/04/28/2"
DL_4_2003: Final = "https://portaljuridic.gencat.cat/eli/es-ct/dlg/2003/11/04/4"
LLEI_31_2010: Final = "https://portaljuridic.gencat.cat/eli/es-ct/l/2010/08/03/31"
