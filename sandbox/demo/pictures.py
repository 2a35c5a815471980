"""Take the README's pictures of the demo anew: `python -m sandbox.demo.pictures URL`.

URL is a demo that has just been started: what is said there already would be in the pictures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

_FOLDER = Path(__file__).parent / "readme"
# Where a font is missing, every sign is the same empty box.
_HAS_CHINESE = """() => {
  const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const drawn = (sign) => {
    paper.clearRect(0, 0, 60, 60);
    paper.font = "40px sans-serif";
    paper.fillText(sign, 5, 45);
    return paper.getImageData(0, 0, 60, 60).data.join();
  };
  return drawn("中") !== drawn("文");
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="the demo's address, like http://127.0.0.1:8080")
    parser.add_argument("--chromium", help="a browser (default: Playwright's own)")
    options = parser.parse_args()
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page.goto(options.url)
        if not page.evaluate(_HAS_CHINESE):
            raise SystemExit("no font here has Chinese signs: install fonts-noto-cjk first")
        _play(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=_FOLDER / f"{scheme}.png", animations="disabled")
        browser.close()


def _play(page: Page) -> None:
    """A rule, GPT and a person on the web; a rule, a colleague and a photo on the phone."""
    chat = page.frame_locator("#shop-frame").frame_locator("iframe").locator("[role=log]")
    _ask(page, "Where is my order #123456?", chat, "Follow order 123456 here")
    _ask(page, "How do I repot a fern?", chat, "with soil")
    _ask(page, "I want to talk to a person", chat, "I have called a colleague")
    thread = page.get_by_role("log", name="Thread")
    expect(thread).to_contain_text("I have called a colleague")
    _write(page, "Reply to the customer…", "Hello, this is Mia. How can I help?")
    expect(chat).to_contain_text("Hello, this is Mia.")
    _write(page, "Reply to the customer…", ";; looks like a regular")
    expect(thread).to_contain_text("looks like a regular")

    phone = page.get_by_role("log", name="Chat on Telegram")
    _write(page, "Message to the shop's bot", "我想退款")
    expect(phone.get_by_role("button")).to_have_count(3)
    page.get_by_label("Send a sample photo").click()
    expect(phone.locator(".mine img")).to_be_visible()
    expect(phone.locator(".p-message:not(.mine, .p-dots, .draft)")).to_have_count(2)
    page.wait_for_load_state("networkidle")


def _ask(page: Page, words: str, chat: Locator, answer: str) -> None:
    page.get_by_role("group", name="Things to ask").get_by_text(words).click()
    expect(chat).to_contain_text(answer)


def _write(page: Page, box: str, words: str) -> None:
    page.get_by_label(box).press_sequentially(words, delay=60)
    page.get_by_label(box).press("Enter")


if __name__ == "__main__":
    main()
