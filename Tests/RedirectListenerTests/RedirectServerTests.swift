import Glibc
import NIOCore
import OAuth
import RedirectListener
import Testing

@Suite("Loopback redirect URIs, over real sockets")
struct RedirectServerTests {
  private let callback = "/callback?interaction_code=c0de&state=s1"
  private let port = Stand.freshPort()
  private var uri: String { "http://127.0.0.1:\(port)/callback" }

  @Test("a callback that is waited for is taken, and the page says that the window can be closed")
  func taken() async throws {
    let stand = Stand()
    try await stand.open(uri)
    let answer = try Browser.get(callback, port)
    #expect(answer.status == 200)
    #expect(answer.body.contains("You can close this window"))
    #expect(stand.judged.withLock { $0.map(\.outcome) } == [.interactionCode(.init("c0de"))])
  }

  @Test("the page is kept nowhere, runs nothing, loads nothing and shows nothing of the address")
  func page() async throws {
    let stand = Stand()
    try await stand.open(uri)
    for target in [callback, "/callback?error=%3Cscript%3Ealert(1)%3C/script%3E&state=s1", "/x"] {
      let answer = try Browser.get(target, port)
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
      #expect(answer.headers["x-content-type-options"] == "nosniff")
      #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
      #expect(answer.headers["connection"] == "close")
      for text in ["script", "c0de", "s1", "src=", "href="] { #expect(!answer.body.contains(text)) }
    }
  }

  @Test("a failure in the browser is said to be one")
  func failure() async throws {
    let stand = Stand()
    try await stand.open(uri)
    let answer = try Browser.get("/callback?error=access_denied&state=s1", port)
    #expect(answer.status == 200 && answer.body.contains("reported a problem"))
  }

  struct Foreign: CustomTestStringConvertible {
    var testDescription: String
    var target = "/callback?interaction_code=c0de&state=s1"
    var host: String?
    var method = "GET"
    var extra = ""
    var status: Int
  }

  @Test(
    "nothing else is even judged",
    arguments: [
      Foreign(testDescription: "the icon", target: "/favicon.ico", status: 404),
      Foreign(testDescription: "the root", target: "/?interaction_code=c&state=s1", status: 404),
      Foreign(testDescription: "a longer path", target: "/callback/?state=s1", status: 404),
      Foreign(testDescription: "an encoded path", target: "/%63allback?state=s1", status: 404),
      Foreign(
        testDescription: "a whole address", target: "http://127.0.0.1/callback?state=s1",
        status: 404),
      Foreign(testDescription: "a rebound name", host: "evil.example:PORT", status: 421),
      Foreign(testDescription: "the name of the address", host: "localhost:PORT", status: 421),
      Foreign(testDescription: "another port", host: "127.0.0.1:80", status: 421),
      Foreign(testDescription: "no port", host: "127.0.0.1", status: 421),
      Foreign(
        testDescription: "two hosts", extra: "Host: evil.example\r\n", status: 421),
      Foreign(testDescription: "a form", method: "POST", status: 405),
      Foreign(testDescription: "a head", method: "HEAD", status: 405),
      Foreign(testDescription: "a preflight", method: "OPTIONS", status: 405),
      Foreign(testDescription: "no query", target: "/callback", status: 400),
      Foreign(
        testDescription: "the code of another grant", target: "/callback?code=c&state=s1",
        status: 400),
      Foreign(
        testDescription: "two states",
        target: "/callback?interaction_code=c&state=s1&state=s2", status: 400),
      Foreign(
        testDescription: "two answers",
        target: "/callback?interaction_code=c&error=access_denied&state=s1", status: 400),
    ])
  func foreign(_ foreign: Foreign) async throws {
    let stand = Stand()
    let port = Stand.freshPort()
    try await stand.open("http://127.0.0.1:\(port)/callback")
    let host = foreign.host?.split(separator: "PORT", omittingEmptySubsequences: false)
      .joined(separator: "\(port)")
    let answer = try Browser.get(
      foreign.target, port, host: host, method: foreign.method, extra: foreign.extra)
    #expect(answer.status == foreign.status)
    #expect(stand.judgedCount == 0)
    // What is waited for is taken all the same.
    #expect(try Browser.get(callback, port).status == 200)
  }

  @Test("a wrong state has no effect, and the right one is taken after it")
  func wrongState() async throws {
    let stand = Stand()
    try await stand.open(uri)
    for target in ["/callback?interaction_code=c&state=s2", "/callback?interaction_code=c"] {
      let answer = try Browser.get(target, port)
      #expect(answer.status == 400 && answer.body.contains("Nobody waits for this"))
    }
    #expect(try Browser.get(callback, port).status == 200)
  }

  @Test("it is taken once: the second use finds nobody who waits")
  func secondUse() async throws {
    let stand = Stand()
    try await stand.open(uri)
    #expect(try Browser.get(callback, port).status == 200)
    #expect(try Browser.get(callback, port).status == 400)
  }

  @Test("the answer arrives although the address is closed first, and then nobody listens")
  func closedOnTaking() async throws {
    let stand = Stand()
    try await stand.open(uri, closesOnTaking: true)
    #expect(try Browser.get(callback, port).status == 200)
    #expect(Browser.isClosed(port))
  }

  @Test("who has said nothing when the address is closed is let go")
  func silentAtTheEnd() async throws {
    let stand = Stand()
    let close = try await stand.open(uri)
    let silent = try Browser("127.0.0.1", port)
    // An answered request shows that the silent one has been accepted before it.
    _ = try Browser.get("/x", port)
    close()
    #expect(silent.receive().status == nil)
    #expect(Browser.isClosed(port))
  }

  @Test("a thousand strangers that connect and say nothing keep nobody out")
  func strangers() async throws {
    let stand = Stand()
    try await stand.open(uri)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 8192)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var strangers: [Browser] = []
    for _ in 0..<1000 { strangers.append(try Browser("127.0.0.1", port)) }
    #expect(try Browser.get(callback, port).status == 200)
    #expect(stand.judgedCount == 1)
    // All but the newest have been let go, unheard.
    #expect(strangers.first?.receive().status == nil)
  }

  @Test("a request that is too long is cut off")
  func tooLong() async throws {
    let stand = Stand()
    try await stand.open(uri)
    let filler = String(repeating: "X-Filler: 0123456789abcdef\r\n", count: 1000)
    #expect(try Browser.get(callback, port, extra: filler).status == nil)
    #expect(stand.judgedCount == 0)
  }

  @Test("a request that does not come to its end is cut off")
  func tooSlow() async throws {
    var limits = RedirectServer.Limits()
    limits.request = .milliseconds(50)
    let stand = Stand(limits)
    try await stand.open(uri)
    let slow = try Browser("127.0.0.1", port)
    slow.send("GET \(callback) HTTP/1.1\r\nHost: 127")
    #expect(slow.receive().status == nil)
    #expect(stand.judgedCount == 0)
  }

  @Test("what is no HTTP is cut off")
  func noHTTP() async throws {
    let stand = Stand()
    try await stand.open(uri)
    let peer = try Browser("127.0.0.1", port)
    peer.send("\u{16}\u{3}\u{1} hello\r\n\r\n")
    #expect(peer.receive().status == nil)
  }

  @Test("a port that another program has is said to be busy")
  func busy() async throws {
    let squatter = try Squatter("127.0.0.1", port)
    let stand = Stand()
    await #expect(throws: RedirectObstacle.busy(port: port)) { try await stand.open(uri) }
    await #expect(throws: RedirectObstacle.busy(port: port)) {
      try await stand.open("http://localhost:\(port)/callback")
    }
    _ = squatter
  }

  @Test("for localhost a stranger at either address is in the way")
  func busySix() async throws {
    let squatter = try Squatter("::1", port)
    let stand = Stand()
    await #expect(throws: RedirectObstacle.busy(port: port)) {
      try await stand.open("http://localhost:\(port)/callback")
    }
    // And nothing is left open at the other.
    #expect(Browser.isClosed(port))
    _ = squatter
  }

  @Test("an address that is not this machine's cannot be opened")
  func elsewhere() async throws {
    let stand = Stand()
    await #expect(throws: RedirectObstacle.self) { try await stand.open("https://app.example/cb") }
  }

  @Test("localhost is served at both addresses, under its own name")
  func localhost() async throws {
    let stand = Stand()
    try await stand.open("http://localhost:\(port)/callback")
    #expect(try Browser.get("/x", port, at: "::1", host: "localhost:\(port)").status == 404)
    #expect(try Browser.get(callback, port, at: "127.0.0.1").status == 421)
    #expect(try Browser.get(callback, port, at: "::1", host: "localhost:\(port)").status == 200)
  }

  @Test("an address that is open twice is served until the second one is done")
  func shared() async throws {
    let stand = Stand()
    let first = try await stand.open(uri)
    let second = try await stand.open(uri)
    first()
    first()
    #expect(try Browser.get(callback, port).status == 200)
    second()
    #expect(Browser.isClosed(port))
  }

  @Test("two paths at one port are told apart")
  func twoPaths() async throws {
    let stand = Stand()
    let first = try await stand.open(uri, for: "s1")
    try await stand.open("http://127.0.0.1:\(port)/other", for: "s2")
    #expect(try Browser.get("/other?interaction_code=c&state=s1", port).status == 400)
    first()
    #expect(try Browser.get(callback, port).status == 404)
    #expect(try Browser.get("/other?interaction_code=c&state=s2", port).status == 200)
  }

  @Test("an address that was just closed can be opened again at once")
  func again() async throws {
    let stand = Stand()
    for _ in 0..<5 {
      let close = try await openAgain(stand)
      #expect(try Browser.get(callback, port).status == 200)
      close()
    }
    _ = try await openAgain(stand)
    #expect(try Browser.get(callback, port).status == 200)
  }

  /// A program that another test starts holds each of our sockets for the moment between its fork and
  /// its exec, the one that was just closed too.
  private func openAgain(_ stand: Stand) async throws -> @Sendable () -> Void {
    let deadline = ContinuousClock.now + .seconds(5)
    while true {
      do {
        return try await stand.open(uri)
      } catch RedirectObstacle.busy where ContinuousClock.now < deadline {
        await Task.yield()
      }
    }
  }
}
