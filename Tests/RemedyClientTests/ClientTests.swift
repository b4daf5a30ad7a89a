// Calls over a real socket, against a broker that behaves and one that does not.

import BrokerInterface
import Glibc
import JSON
import JSONRPC
import Prompts
import RemedyClient
import Secrets
import Testing

/// The answer to the call of that line, with this result.
private func answer(_ line: String, _ result: String) -> String {
  let id = (try? JSONParser.parse(line))?["id"]?.int ?? -1
  return #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"# + "\n"
}

private let token = """
  {"access_token":"at","token_type":"Bearer","expires_at":"2026-11-23T09:00:00Z",\
  "scope":"openid","profile":"p"}
  """

private func withdraw(_ id: String) -> String {
  #"{"jsonrpc":"2.0","method":"prompt.withdraw","params":{"prompt":"\#(id)","reason":"expired"}}"#
    + "\n"
}

/// How a call ends that does not end well.
private func fault<M: Method>(of client: Client, _ method: M.Type, _ params: M.Params) -> CallFault?
{
  do {
    _ = try client.call(method, params)
    return nil
  } catch {
    return error
  }
}

/// The broker's error, where it refuses the call.
private func refusal<M: Method>(of client: Client, _ method: M.Type, _ params: M.Params)
  -> RPCError?
{
  if case .refused(let error) = fault(of: client, method, params) { error } else { nil }
}

@Suite("The client")
struct ClientTests {
  @Test("a call is one line, and its answer is the result")
  func call() throws {
    let lines = Pipe()
    let broker = ScriptedBroker { peer in
      let line = peer.readLine()
      write(lines.writer, line, line.utf8.count)
      peer.send(answer(line, token))
    }
    let client = try Client(path: broker.path)
    let result = try client.call(TokenGet.self, TokenGet.Params(profile: "p", minTTL: 5))
    #expect(result.accessToken == Secret("at"))
    broker.join()
    #expect(
      lines.text() == """
        {"jsonrpc":"2.0","id":1,"method":"token.get","params":{"profile":"p","min_ttl":5}}
        """)
  }

  @Test("an answer that comes byte by byte is one answer")
  func bytewise() throws {
    let broker = ScriptedBroker { peer in
      let text = answer(peer.readLine(), token)
      for byte in text.unicodeScalars { peer.send(String(byte)) }
    }
    let client = try Client(path: broker.path)
    #expect(try client.call(TokenGet.self, .init(profile: "p")).scope == "openid")
  }

  @Test("answers in any order reach their calls, and each is given once")
  func order() throws {
    let broker = ScriptedBroker { peer in
      let first = peer.readLine()
      let second = peer.readLine()
      peer.send(answer(second, #"{"revoked":true}"#) + answer(first, #"{"sessions":[]}"#))
    }
    let client = try Client(path: broker.path)
    let list = try client.start(SessionList.self, .init())
    let logout = try client.start(SessionLogout.self, .init(profile: "p"))
    #expect(try client.result(of: list) == nil)
    #expect(try client.receive(until: .never) == .reply(number: logout.number))
    #expect(try client.result(of: list) == nil)
    #expect(try client.receive(until: .never) == .reply(number: list.number))
    #expect(try client.result(of: list) == SessionList.Result(sessions: []))
    #expect(try client.result(of: logout) == SessionLogout.Result(revoked: true))
    #expect(try client.result(of: logout) == nil)
  }

  @Test("notifications are delivered while a call waits, in their order")
  func notifications() throws {
    let broker = ScriptedBroker { peer in
      let line = peer.readLine()
      peer.send(
        withdraw("1") + #"{"jsonrpc":"2.0","method":"later.thing","params":{}}"# + "\n"
          + withdraw("2") + answer(line, "{}"))
    }
    let client = try Client(path: broker.path)
    var seen: [String] = []
    _ = try client.call(PromptDetach.self, .init()) { notification in
      if case .withdraw(let withdraw) = notification { seen.append(withdraw.prompt.rawValue) }
    }
    #expect(seen == ["1", "2"])
  }

  @Test("the answer to a forgotten call is dropped")
  func forgotten() throws {
    let broker = ScriptedBroker { peer in
      let first = peer.readLine()
      peer.send(answer(first, "{}") + answer(peer.readLine(), #"{"revoked":false}"#))
    }
    let client = try Client(path: broker.path)
    let call = try client.start(PromptDetach.self, .init())
    client.forget(call)
    #expect(try client.call(SessionLogout.self, .init(profile: "p")).revoked == false)
    #expect(try client.result(of: call) == nil)
  }

  @Test("a refusal is the broker's, with its reason, hint and words")
  func refused() throws {
    let broker = ScriptedBroker { peer in
      _ = peer.readLine()
      let data = #"{"reason":"rate_limited","hint":"h","retry_after":3}"#
      peer.send(
        #"{"jsonrpc":"2.0","id":1,"error":{"code":-32009,"message":"m","data":\#(data)}}"# + "\n")
    }
    let client = try Client(path: broker.path)
    let error = refusal(of: client, TokenGet.self, .init(profile: "p"))
    #expect(error?.reason == .rateLimited && error?.hint == "h" && error?.retryAfter == 3)
  }

  @Test("who finds no broker is told of both that there may be")
  func noBroker() {
    let hint = ConnectionFault.notRunning(path: SocketPath.system).hint ?? ""
    #expect(hint.contains("systemctl --user start remedyd.socket"))
    #expect(hint.contains("systemctl start remedyd.socket"))
  }

  @Test("a connection that is refused before anything is read fails with that reason")
  func refusedConnection() throws {
    let broker = ScriptedBroker { peer in
      let error = #"{"code":-32012,"message":"m","data":{"reason":"quota_exceeded"}}"#
      peer.send(#"{"jsonrpc":"2.0","id":null,"error":\#(error)}"# + "\n")
      shutdown(peer.descriptor, CInt(SHUT_RDWR))
    }
    let client = try Client(path: broker.path)
    broker.join()  // so that the call is written to a broken pipe
    #expect(refusal(of: client, BrokerInfo.self, .init())?.reason == .quotaExceeded)
  }

  // MARK: A broker that does not behave

  @Test(
    "a broker that hangs up before or amid its answer is closed, not waited for",
    arguments: [
      "", #"{"jsonrpc":"2.0","id":1,"result":{"rev"#,
    ])
  func hangsUp(text: String) throws {
    let broker = ScriptedBroker { peer in
      _ = peer.readLine()
      peer.send(text)
    }
    let client = try Client(path: broker.path)
    #expect(throws: CallFault.connection(.closed)) {
      try client.call(SessionLogout.self, .init(profile: "p"))
    }
    #expect(throws: CallFault.connection(.closed)) { try client.call(SessionList.self, .init()) }
  }

  @Test("a broken pipe is an error and no signal")
  func brokenPipe() throws {
    let broker = ScriptedBroker { _ in }
    let client = try Client(path: broker.path)
    broker.join()
    #expect(throws: ConnectionFault.closed) { try client.start(SessionList.self, .init()) }
  }

  @Test("a broker that says nothing is given up at the deadline")
  func silent() throws {
    let broker = ScriptedBroker { peer in _ = peer.countToEnd() }
    let client = try Client(path: broker.path)
    #expect(throws: CallFault.connection(.timedOut)) {
      try client.call(SessionList.self, .init(), deadline: .after(seconds: 0.02))
    }
    client.close()
  }

  @Test("a broker that reads nothing is given up at the deadline")
  func deaf() throws {
    let done = Pipe()
    let broker = ScriptedBroker { _ in
      var byte: UInt8 = 0
      read(done.reader, &byte, 1)
    }
    let client = try Client(path: broker.path)
    let long = String(repeating: "x", count: 4 << 20)
    #expect(throws: CallFault.connection(.timedOut)) {
      try client.call(
        TokenGet.self, .init(profile: "p", reason: long), deadline: .after(seconds: 0.02))
    }
    done.closeWriter()
  }

  @Test(
    "what is no message of the interface is nonsense, and nothing worse",
    arguments: [
      "\n", "x\n", "[]\n", "{}\n", #"{"id":1}"# + "\n", #"{"id":1,"error":3}"# + "\n",
      #"{"id":1,"result":3}"# + "\n", #"{"id":1,"result":{"revoked":3}}"# + "\n",
      #"{"method":3}"# + "\n", #"{"method":"prompt.show","params":{}}"# + "\n",
      #"{"id":"\"# + "\n", #"{"id":"x","result":{}}"# + "\n",
    ])
  func nonsense(text: String) throws {
    let broker = ScriptedBroker { peer in
      _ = peer.readLine()
      peer.send(text)
    }
    let client = try Client(path: broker.path)
    guard case .connection(.nonsense) = fault(of: client, SessionLogout.self, .init(profile: "p"))
    else {
      Issue.record("it was understood")
      return
    }
  }

  @Test("an answer of several hundred kibibytes is read, one without an end is not")
  func long() throws {
    let scope = String(repeating: "s", count: 700_000)
    let broker = ScriptedBroker { peer in
      peer.send(answer(peer.readLine(), token.replacing("openid", with: scope)))
      _ = peer.readLine()
      peer.send(String(repeating: "x", count: 17 << 20))
    }
    let client = try Client(path: broker.path)
    #expect(try client.call(TokenGet.self, .init(profile: "p")).scope == scope)
    #expect(throws: CallFault.connection(.nonsense("a message without an end"))) {
      try client.call(SessionList.self, .init())
    }
    client.close()
  }

  @Test("an answer that begins where the buffer ends is read whole")
  func acrossTheBuffer() throws {
    let scope = String(repeating: "s", count: 10_000)
    let broker = ScriptedBroker { peer in
      let lines = [peer.readLine(), peer.readLine(), peer.readLine()]
      peer.send(lines.map { answer($0, token.replacing("openid", with: scope)) }.joined())
    }
    let client = try Client(path: broker.path)
    let calls = try (0..<3).map { _ in try client.start(TokenGet.self, .init(profile: "p")) }
    broker.join()  // all of it lies in the socket
    for call in calls {
      #expect(try client.receive(until: .never) == .reply(number: call.number))
      #expect(try client.result(of: call)?.scope == scope)
    }
  }

  // MARK: Connecting

  @Test("where nobody listens, that is said")
  func notRunning() {
    let folder = ScriptedBroker.makeFolder()
    defer { rmdir(folder) }
    let path = folder + "/s"
    #expect(throws: ConnectionFault.notRunning(path: path)) { _ = try Client(path: path) }
    let stale = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = ScriptedBroker.address(path)
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    close(stale)
    #expect(throws: ConnectionFault.notRunning(path: path)) { _ = try Client(path: path) }
    unlink(path)
  }

  @Test(
    "a path that no socket can have is refused",
    arguments: [
      "", "a\0b", String(repeating: "p", count: 108),
    ])
  func unusable(path: String) {
    #expect(throws: ConnectionFault.unusablePath(path)) { _ = try Client(path: path) }
  }

  @Test("each fault has its words")
  func words() {
    let faults: [ConnectionFault] = [
      .notRunning(path: "/s"), .notReachable(path: "/s", errno: EACCES), .unusablePath("/s"),
      .untrustedServer(path: "/s", uid: 1), .untrustedServer(path: "/s", uid: nil), .closed,
      .timedOut, .inputOutput(errno: EIO), .nonsense("x"),
    ]
    #expect(Set(faults.map(\.message)).count == faults.count)
    #expect(ConnectionFault.notReachable(path: "/s", errno: EACCES).message.contains("Permission"))
  }

  // MARK: Waiting

  @Test("the client waits for a terminal and the broker together")
  func waiting() throws {
    let go = Pipe()
    let broker = ScriptedBroker { peer in
      var byte: UInt8 = 0
      read(go.reader, &byte, 1)
      peer.send(withdraw("1") + withdraw("2"))
      _ = peer.countToEnd()
    }
    let client = try Client(path: broker.path)
    let terminal = Pipe()
    #expect(try client.wait(for: [terminal.reader], until: .now) == .deadline)
    #expect(try client.receive(until: .now) == nil)
    write(terminal.writer, "x", 1)
    #expect(try client.wait(for: [terminal.reader], until: .never) == .other(terminal.reader))
    go.closeWriter()
    #expect(try client.wait(until: .never) == .broker)
    guard case .notification = try client.receive(until: .never) else {
      Issue.record("no notification")
      return
    }
    // The second one lies in the buffer, or comes: either way it is found without a byte more.
    #expect(try client.wait(until: .never) == .broker)
    guard case .notification = try client.receive(until: .never) else {
      Issue.record("no second notification")
      return
    }
    client.close()
    #expect(client.descriptor == -1)
  }

  @Test("a signal ends a wait for the terminal, and does not disturb one for an answer")
  func signals() throws {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGUSR1, &action, nil)
    // The threads that tests run on block all signals.
    var ours = sigset_t()
    var before = sigset_t()
    sigaddset(&ours, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &ours, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let client = pthread_self()
    let stop = Pipe()
    let broker = ScriptedBroker { peer in
      // Signals without end, until the client has seen one.
      var entry = pollfd(fd: stop.reader, events: Int16(POLLIN), revents: 0)
      while poll(&entry, 1, 0) == 0 {
        pthread_kill(client, SIGUSR1)
        sched_yield()
      }
      let line = peer.readLine()
      for _ in 0..<200 {
        pthread_kill(client, SIGUSR1)
        sched_yield()
      }
      peer.send(answer(line, #"{"revoked":true}"#))
    }
    let connection = try Client(path: broker.path)
    #expect(try connection.wait(until: .never) == .interrupted)
    stop.closeWriter()
    #expect(try connection.call(SessionLogout.self, .init(profile: "p")).revoked)
    broker.join()
  }
}
