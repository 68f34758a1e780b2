"""CSV and XLSX. A workbook is a ZIP archive of XML: one that unfolds into more than we hold is refused unopened."""

import io
import zipfile
from typing import Any

from import_export.formats.base_formats import CSV, XLSX

MAX_UNFOLDED_BYTES = 50_000_000


class Workbook(XLSX):
    def create_dataset(self, in_stream: bytes, **options: Any) -> Any:
        with zipfile.ZipFile(io.BytesIO(in_stream)) as archive:
            # The reader of the archive gives out no more of a file than is said here.
            if sum(file.file_size for file in archive.infolist()) > MAX_UNFOLDED_BYTES:
                raise ValueError("this workbook is larger than it looks")
        return super().create_dataset(in_stream, **options)


FORMATS = [CSV, Workbook]
