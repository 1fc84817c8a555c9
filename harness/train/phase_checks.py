"""What is wrong with a phase before it runs: what it learns or evaluates could not be saved."""

from torch import nn

from harness.train.phases import Phase


def check_phase(net: nn.Module, phase: Phase, checkpoint_names: set[str]) -> None:
    """Refuses a phase that learns or evaluates what could not be saved."""
    _check_players(net, phase)
    if phase.evaluates is not None:
        _check_evaluated(net, phase.evaluates, phase.name, checkpoint_names)


def _check_players(net: nn.Module, phase: Phase) -> None:
    """Refuses a player whose parameters are not the network's, for they would not be saved."""
    own = {id(parameter) for parameter in net.parameters()}
    for player in phase.players:
        if any(id(parameter) not in own for parameter in player.parameters):
            raise ValueError(
                f"player {player.name} learns parameters outside the network; "
                "hang its module onto net"
            )


def _check_evaluated(
    net: nn.Module, evaluated: nn.Module, phase: str, checkpoint_names: set[str]
) -> None:
    """Refuses a module that is not saved with the network, or whose tensors are not its tensors."""
    if not any(module is evaluated for module in net.modules()):
        raise ValueError(
            f"phase {phase}: the module that it evaluates is not part of the network, and would "
            "not be saved; hang it onto net"
        )
    expected = net.state_dict()
    tensors = evaluated.state_dict()
    for name in sorted(checkpoint_names):
        shape = expected[name].shape
        if name not in tensors or tensors[name].shape != shape:
            raise ValueError(
                f"phase {phase}: the module that it evaluates has no tensor {name} of the shape "
                f"{tuple(shape)}, as fit.net has; take a network of the same layers, such as "
                "copy.deepcopy(net)"
            )
