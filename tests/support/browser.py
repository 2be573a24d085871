"""Headless Chromium driven over its debugging pipe, with the standard library alone."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time


class Browser:
    """One page. What goes wrong in it (exceptions, refused content) is in `problems`."""

    def __init__(self, width=1280, height=800):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise FileNotFoundError("there is no chromium here")
        self.folder = tempfile.mkdtemp(prefix="browser_")
        to_it, ours = os.pipe()
        theirs, from_it = os.pipe()

        def descriptors():
            # The pipe's ends are 3 and 4 there.
            os.dup2(to_it, 10)
            os.dup2(from_it, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={self.folder}/profile",
             f"--window-size={width},{height}", "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=descriptors, close_fds=False)
        os.close(to_it)
        os.close(from_it)
        self.out, self.source, self.rest = ours, theirs, b""
        self.number, self.problems, self.session = 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.size(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.source)
        shutil.rmtree(self.folder, ignore_errors=True)

    def receive(self):
        while b"\0" not in self.rest:
            data = os.read(self.source, 1 << 20)
            if not data:
                raise ConnectionError("the browser has ended")
            self.rest += data
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(message["params"]["exceptionDetails"])[:600])
        entry = message["params"]["entry"] if message.get("method") == "Log.entryAdded" else {"level": ""}
        if entry["level"] == "error" and entry["source"] != "network":  # an answer of 400 is no mistake of the page
            self.problems.append(json.dumps(entry)[:600])
        return message

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer.get("result", {})

    def size(self, width, height, scale=1, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def on_paper(self, on, dark=False):
        """As it would be printed, on a machine whose screens are dark or not."""
        self.call("Emulation.setEmulatedMedia", media="print" if on else "",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {json.dumps(answer['exceptionDetails'])[:400]}")
        return answer["result"].get("value")

    def wait(self, expression, patience=60):
        """What it comes to, as soon as that is something. A guard against hanging, not a measurement."""
        end = time.monotonic() + patience
        while True:
            found = self.evaluate(f"(value => value instanceof Node ? true : value)({expression})")
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"never: {expression}; {self.evaluate('document.body.innerText.slice(0, 1500)')}; {self.problems}")
            time.sleep(0.05)

    def mouse(self, kind, x, y, buttons=1):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def click(self, selector):
        """Where the element stays and nothing lies over it: a page that still loads moves under the pointer."""
        place = None
        for _ in range(100):
            *now, hit = self.evaluate(
                f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
                "const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;"
                "return [x, y, e.contains(document.elementFromPoint(x, y))]; })()")
            if hit and now == place:
                break
            place = now
            time.sleep(0.02)
        self.mouse("mouseMoved", *place, buttons=0)
        self.mouse("mousePressed", *place)
        self.mouse("mouseReleased", *place, buttons=0)

    def choose(self, selector, expression, patience=60):
        """Clicks until `expression` holds: an element may move between the look and the click."""
        end = time.monotonic() + patience
        while True:
            self.click(selector)
            try:
                return self.wait(expression, patience=2)
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def drag(self, selector, start, end):
        """From and to shares of the element's width."""
        x, y, width, height = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            "const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()")
        self.mouse("mouseMoved", x + width * start, y + height / 2, buttons=0)
        self.mouse("mousePressed", x + width * start, y + height / 2)
        for step in range(1, 6):
            self.mouse("mouseMoved", x + width * (start + (end - start) * step / 5), y + height / 2)
        self.mouse("mouseReleased", x + width * end, y + height / 2, buttons=0)

    def write(self, selector, text):
        self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.select(); }})()")
        self.call("Input.insertText", text=text)

    def key(self, name, modifiers=0, text=None):
        codes = {"Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40, "ArrowUp": 38, "Escape": 27, "Home": 36, "End": 35, "Backspace": 8}
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text or "\r"} if kind == "keyDown" and (name == "Enter" or text) else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=codes.get(name, 0), modifiers=modifiers, **extra)

    def picture(self, path, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def paper(self, path):
        data = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True, landscape=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def downloads(self):
        folder = os.path.join(self.folder, "downloads")
        os.makedirs(folder, exist_ok=True)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        return folder
