"""Folders by key: complete or absent; and the files, locks and tensors that they are made with."""

from harness.store.files import file_name as file_name
from harness.store.files import read_json as read_json
from harness.store.files import write as write
from harness.store.files import write_json as write_json
from harness.store.folders import Home as Home
from harness.store.folders import NoHome as NoHome
from harness.store.folders import Store as Store
from harness.store.locks import file_lock as file_lock
from harness.store.locks import is_locked as is_locked
from harness.store.tensors import load_tensors as load_tensors
from harness.store.tensors import load_weights as load_weights
from harness.store.tensors import save_tensors as save_tensors
