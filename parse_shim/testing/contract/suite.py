"""All topics in one class."""

from parse_shim.testing.contract.acl import AclContract
from parse_shim.testing.contract.aggregate import AggregateContract
from parse_shim.testing.contract.classes import ClassesContract
from parse_shim.testing.contract.geo import GeoContract
from parse_shim.testing.contract.links import LinksContract
from parse_shim.testing.contract.objects import ObjectsContract
from parse_shim.testing.contract.order import OrderContract
from parse_shim.testing.contract.queries import QueriesContract
from parse_shim.testing.contract.text import TextContract
from parse_shim.testing.contract.transactions import TransactionsContract
from parse_shim.testing.contract.updates import UpdatesContract


class EngineContract(
    ObjectsContract,
    QueriesContract,
    GeoContract,
    OrderContract,
    UpdatesContract,
    ClassesContract,
    LinksContract,
    TransactionsContract,
    TextContract,
    AggregateContract,
    AclContract,
):
    """Give it an `engine` fixture."""
