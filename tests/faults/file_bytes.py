"""Files of all formats as bytes: whole ones, and ones whose headers lie."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import nibabel
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]
Damage = Callable[[bytes], bytes]
SHARES = (0.0, 0.02, 0.1, 0.5, 0.9)  # of a file that is left of it
HUGE = 2_000_000  # the side of an image that no computer holds
BOMB = 3_000_000_000  # bytes that a few kB become
GARBAGE = bytes(range(256)) * 8


def stack(dtype: str = "uint8") -> Array:
    """A small volume whose pixels do not compress to nothing."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (4, 32, 32)).astype(dtype)


def tiff(array: Array, **options: Any) -> bytes:
    """A TIFF stack."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, photometric="minisblack", **options)
    return buffer.getvalue()


def png(array: Array) -> bytes:
    """A picture."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def npy(array: Array) -> bytes:
    """A NumPy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npz(array: Array) -> bytes:
    """A NumPy archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, volume=array)
    return buffer.getvalue()


def hdf5(array: Array) -> bytes:
    """An HDF5 file with one array, in chunks."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("volume", data=array, chunks=True, compression="gzip")
    return buffer.getvalue()


def nifti(array: Array) -> bytes:
    """A NIfTI file."""
    return bytes(nibabel.Nifti1Image(array, np.eye(4)).to_bytes())


def nifti_gz(array: Array) -> bytes:
    """A NIfTI file, compressed."""
    return gzip.compress(nifti(array))


FORMATS: dict[str, Callable[[Array], bytes]] = {
    "a.tif": tiff,
    "a.npy": npy,
    "a.npz": npz,
    "a.h5": hdf5,
    "a.nii": nifti,
    "a.nii.gz": nifti_gz,
}


def huge_tiff() -> bytes:
    """A TIFF whose header promises an image that is not there."""
    content = tiff(np.zeros((2, 2), np.uint8))
    for tag in (256, 257):  # width and height, as 32-bit numbers
        start = content.index(struct.pack("<HHI", tag, 4, 1))
        content = content[: start + 8] + struct.pack("<I", HUGE) + content[start + 12 :]
    return content


def huge_npy(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    """A NumPy file whose header promises more than the file holds."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    missing = 64 - (len(header) + 11) % 64
    header += b" " * missing + b"\n"
    size = struct.pack("<H", len(header))
    return b"\x93NUMPY\x01\x00" + size + header + bytes(64)


def bomb_npz() -> bytes:
    """A NumPy archive of a few kB whose array would fill a disk."""
    return npz_of(huge_npy((BOMB // 1_000_000, 1000, 1000)))


def npz_of(content: bytes) -> bytes:
    """A NumPy archive with this as its file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("volume.npy", content)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A picture of a few bytes that promises a trillion pixels."""
    header = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 0, 0, 0, 0)
    return png_of(header, zlib.compress(bytes(100)))


def bomb_png() -> bytes:
    """A picture whose few kB unpack to more than its header promises."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return png_of(header, zlib.compress(bytes(10)))


def png_of(header: bytes, data: bytes) -> bytes:
    """A picture of these chunks."""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, chunk in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(kind + chunk))
        content += struct.pack(">I", len(chunk)) + kind + chunk + checksum
    return content


def huge_nifti() -> bytes:
    """A NIfTI file whose header promises more than the file holds."""
    content = bytearray(nifti(stack()))
    content[40:56] = struct.pack("<8h", 3, 32767, 32767, 32767, 1, 1, 1, 1)
    return bytes(content)


def wrong_nifti(offset: int, value: bytes) -> bytes:
    """A NIfTI file with other bytes in its header."""
    content = bytearray(nifti(stack()))
    content[offset : offset + len(value)] = value
    return bytes(content)


def hdf5_of(**arrays: Any) -> bytes:
    """An HDF5 file with these arrays."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, options in arrays.items():
            file.create_dataset(name, **options)
    return buffer.getvalue()
