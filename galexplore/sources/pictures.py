"""Pictures of rows in one file, each with a checksum: what does not fit its sum is not there.

Row i lies at i times the length of a record: float16 pixels, then 8 bytes, little-endian: the CRC-32 of the segment's
name, the row and the pixels, with bit 32 set where a picture stands at all. The file is sparse until written. It is
read and written by position and never mapped, for a map of a file that a disk has no room for, or that someone cuts
short, ends the process that touches it.
"""

import errno
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np

THERE = 1 << 32  # a sum of nothing but zeros would else be that of a hole
FILE = "pictures.f16"
#: Names of stores without checksums, which are not trusted and make room.
FORMER = ("pixels.f16", "done.u8")
HELD = 3000  # pictures in memory; 29 kB each in three bands


class PictureFile:
    """The pictures of `n` rows.

    Processes that write the same row write the same bytes, so that it does not matter which of them comes last.

    Parameters
    ----------
    path : Path
        Made, with its folder, when the first picture is written. The folder's name goes into the sums: the file of
        another catalogue, put in its place, holds nothing that fits.
    n : int
    shape : tuple of int
        Of a picture: (B, S, S).
    """

    def __init__(self, path: Path, n: int, shape: tuple[int, ...]):
        self.path, self.n, self.shape = path, n, shape
        self.length = int(np.prod(shape)) * 2
        self.record = self.length + 8
        self._start = zlib.crc32(f"{path.parent.name} ".encode())  # of what every sum begins with

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read pictures (k, B, S, S), float16, and which of them are whole (k,); the others hold zeros."""
        pictures, whole, tail = np.zeros((len(rows), *self.shape), "<f2"), np.zeros(len(rows), bool), bytearray(8)
        pixels = pictures.reshape(-1).view(np.uint8).data
        try:
            file = os.open(self.path, os.O_RDONLY)
        except OSError:
            return pictures, whole
        try:
            for i, row in enumerate(rows.tolist()):
                place = pixels[i * self.length : (i + 1) * self.length]
                try:
                    size = os.preadv(file, [place, tail], row * self.record)
                except OSError:  # a sector that cannot be read
                    continue
                if size == self.record:
                    whole[i] = int.from_bytes(tail, "little") == self._sum(row, place)
        finally:
            os.close(file)
        pictures[~whole] = 0
        return pictures, whole

    def check(self) -> np.ndarray:
        """Tell of every row whether its picture is whole, (n,) of bool; all bytes are read."""
        whole = np.zeros(self.n, bool)
        for row, data in enumerate(self._records(np.arange(self.n))):
            whole[row] = self._fits(row, data)
        return whole

    def find_damaged(self) -> np.ndarray:
        """Find the rows, (k,) of int, of which something stands there that is no whole picture; all bytes are read."""
        records = enumerate(self._records(np.arange(self.n)))
        return np.array([row for row, data in records if any(data) and not self._fits(row, data)], int)

    def write(self, row: int, picture: np.ndarray) -> None:
        """Write one picture (B, S, S).

        Raises
        ------
        OSError
            Where the disk does not take it.
        """
        pixels = np.ascontiguousarray(picture, "<f2").tobytes()
        data = memoryview(pixels + self._sum(row, pixels).to_bytes(8, "little"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file, at = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644), row * self.record
        try:
            while data:
                written = os.pwrite(file, data, at)
                if not written:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                data, at = data[written:], at + written
        finally:
            os.close(file)

    def _records(self, rows: np.ndarray) -> Iterator[bytes]:
        """Yield the records of rows; none where there is no file."""
        try:
            file = os.open(self.path, os.O_RDONLY)
        except OSError:
            return
        try:
            for row in rows.tolist():
                try:
                    yield os.pread(file, self.record, row * self.record)
                except OSError:  # a sector that cannot be read
                    yield b""
        finally:
            os.close(file)

    def _sum(self, row: int, pixels: bytes | memoryview) -> int:
        return zlib.crc32(pixels, zlib.crc32(str(row).encode(), self._start)) | THERE

    def _fits(self, row: int, data: bytes) -> bool:
        if len(data) < self.record:
            return False
        return int.from_bytes(data[self.length :], "little") == self._sum(row, data[: self.length])


class Overflow:
    """Pictures that the disk did not take, the latest `HELD` of them, in memory.

    Attributes
    ----------
    trouble : str
        Why, in a sentence for a person; empty where the last picture was kept on disk.
    """

    def __init__(self) -> None:
        self.trouble = ""
        self._held: OrderedDict[tuple[str, int], np.ndarray] = OrderedDict()
        self._lock = Lock()

    def find(self, file: PictureFile, row: int) -> np.ndarray | None:
        """Find a picture that is held."""
        with self._lock:
            return self._held.get((str(file.path), row))

    def keep(self, file: PictureFile, row: int, picture: np.ndarray) -> None:
        """Keep a picture on disk, else in memory; the next one is tried on disk again."""
        key = (str(file.path), row)
        try:
            file.write(row, picture)
        except OSError as error:
            self.trouble = (
                f"Rendered pictures cannot be kept in {file.path.parent.parent}, for want of the disk: "
                f"{(error.strerror or str(error)).lower()}. They are drawn anew when needed, which is slower."
            )
            with self._lock:
                self._held[key] = picture
                self._held.move_to_end(key)
                while len(self._held) > HELD:
                    self._held.popitem(last=False)
        else:
            self.trouble = ""
            with self._lock:
                self._held.pop(key, None)
