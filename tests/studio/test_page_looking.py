"""The page of a studio that looks into a model: nothing is asked for that is not there."""

from PIL import Image

from tests.studio.pages import Tab, studio

REMEMBERED = """sessionStorage.setItem('convlens-looking',
  JSON.stringify({picture: 'test:5', label: 7, studio: 'another'}))"""


def test_what_another_studio_left_behind_is_not_asked_for(browser, digits_model, tmp_path):
    picture = tmp_path / "one.png"
    Image.new("L", (20, 20), 90).save(picture)
    with studio(tmp_path, str(digits_model)) as found:
        tab = Tab(browser, found.address)
        tab.until("looking")
        tab.page.evaluate(REMEMBERED)
        tab.page.reload()
        tab.until("looking")
        tab.region("Network").locator(".layer").first.wait_for()
        for name in ("Network", "Try it", "Test", "Files"):
            tab.region(name).scroll_into_view_if_needed()
            tab.drawn()
        seen = tab.region("Network").locator(".seenpicture")
        assert seen.is_hidden()
        assert tab.field("Gradients of").input_value() == "7"
        tab.region("Try it").scroll_into_view_if_needed()
        tab.region("Try it").get_by_label("Upload a picture").set_input_files(picture)
        tab.region("Try it").locator("[data-probabilities]").wait_for(state="attached")
        tab.expects(seen).to_be_visible()  # one's own picture
        tab.page.locator("#open-file").set_input_files(digits_model)
        tab.region("Files").get_by_text("is open.").wait_for()
        tab.until("looking")
        tab.page.reload()
        tab.until("looking")
        tab.expects(seen).to_be_visible()
        tab.well()
        tab.context.close()
