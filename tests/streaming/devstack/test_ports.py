import socket

from streaming.devstack import ports


def test_a_free_wanted_port_is_held_and_can_be_used_after_its_release():
    with ports.holding({"web": 0}) as held:
        free = held["web"].port

    with ports.holding({"web": free}) as held:
        assert held["web"].port == held["web"].wanted == free
        held["web"].release()
        with socket.create_server(("127.0.0.1", free)):
            pass


def test_a_busy_port_is_passed_over():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        wanted = busy.getsockname()[1]
        with ports.holding({"web": wanted}) as held:
            assert held["web"].port != wanted
            assert held["web"].wanted == wanted


def test_two_stacks_that_start_at_the_same_time_get_different_ports():
    with ports.holding({"web": 0}) as first, ports.holding({"web": first["web"].port}) as second:
        assert second["web"].port != first["web"].port


def test_a_port_whose_piece_does_not_listen_yet_is_not_given_to_another_stack():
    with ports.holding({"web": 0}) as first:
        port = first["web"].release()
        with ports.holding({"web": port}) as second:
            assert second["web"].port != port
