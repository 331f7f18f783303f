"""The language of a block is that of its thread: two pages in two languages at once."""

from __future__ import annotations

from threading import Event, Thread

from carbonacct.messages import language, say, set_language, speaking


def test_one_thread_does_not_change_the_words_of_another() -> None:
    inside, done = Event(), Event()

    def chinese() -> None:
        with speaking("zh"):
            inside.set()
            done.wait(5)

    other = Thread(target=chinese)
    other.start()
    try:
        assert inside.wait(5)
        assert language() == "en" and say("ledger.entries") == "Entries"
    finally:
        done.set()
        other.join()


def test_the_language_chosen_holds_in_every_thread() -> None:
    set_language("zh")
    heard: list[str] = []
    other = Thread(target=lambda: heard.append(language()))
    other.start()
    other.join()
    assert heard == ["zh"]
    with speaking("en"):
        assert language() == "en"
    assert language() == "zh"
