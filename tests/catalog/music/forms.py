"""Pages of the admin as a browser sees them: what their form would send, changed and sent back."""

from streaming.devstack.feeder.forms import Page


def in_page(answer):
    assert answer.status_code == 200
    return next(form for form in Page(answer.content.decode()).forms if form.id.endswith("_form"))


def form_of(client, address):
    return in_page(client.get(address))


def send(client, address, form):
    data = {}
    for name, value in form.data():
        data.setdefault(name, []).append(value)
    return client.post(address, data)
