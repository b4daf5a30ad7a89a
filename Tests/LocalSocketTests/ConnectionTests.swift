// How connections live and end: half-close, hang-up, slow readers, unfinished lines.

import Glibc
import JSON
import JSONRPC
import NIOCore
import NIOPosix
import Testing

@testable import LocalSocket

@Suite("A connection", .timeLimit(.minutes(1)))
struct ConnectionTests {
  @Test("a peer that has shut its sending side still gets the answer it waits for, then the end")
  func halfClose() async throws {
    try await withServer { path, service in
      var events = service.events.makeAsyncIterator()
      let caller = try Caller(path)
      caller.request("later", id: 1)
      caller.endSending()
      #expect(await events.next() == .opened(1))
      #expect(await events.next() == .received("later"))
      let other = try Caller(path)
      other.request("release", id: 2)
      #expect(try other.answer()?["result"] == 1)
      #expect(try caller.answer()?["result"] == "late")
      #expect(try caller.answer() == nil)
    }
  }

  @Test("printf request | socat: asked, answered, closed")
  func askAndEnd() async throws {
    try await withServer { path, _ in
      for _ in 0..<50 {
        let caller = try Caller(path)
        caller.request("held", id: 1)
        caller.endSending()
        #expect(try caller.answer()?["result"]?["access_token"] != nil)
        #expect(try caller.answer() == nil)
      }
    }
  }

  @Test("a last line without its end is said to be one")
  func missingLineEnd() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.send(#"{"jsonrpc":"2.0","id":1,"method":"echo"}"#)
      caller.endSending()
      let answer = try caller.answer()
      #expect(answer?["error"]?["code"] == -32600)
      #expect(answer?["error"]?["message"]?.string?.contains("LF") == true)
      #expect(try caller.answer() == nil)
    }
  }

  @Test("a peer that hangs up while it waits is known to be gone")
  func hangUp() async throws {
    try await withServer { path, service in
      var events = service.events.makeAsyncIterator()
      var caller: Caller? = try Caller(path)
      caller?.request("later", id: 1)
      #expect(await events.next() == .opened(1))
      #expect(await events.next() == .received("later"))
      caller = nil
      #expect(await events.next() == .closed(1))
      // The answer that comes too late goes nowhere.
      let other = try Caller(path)
      other.request("release", id: 2)
      #expect(try other.answer()?["result"] == 1)
    }
  }

  @Test("the service closes a connection: what it said before arrives, nothing after")
  func closing() async throws {
    try await withServer { path, _ in
      let caller = try Caller(path)
      caller.request("close", id: 1)
      caller.request("echo", id: 2)
      #expect(try caller.answer()?["result"] == "bye")
      #expect(try caller.answer() == nil)
    }
  }

  @Test("a line that is not finished in time ends the connection, and says so")
  func unfinishedLine() async throws {
    let limits = ConnectionLimits(unfinishedLine: .milliseconds(40))
    try await withServer(limits: limits) { path, _ in
      let slow = try Caller(path)
      let idle = try Caller(path)
      slow.send("{\"jsonrpc\":")
      #expect(try slow.answer()?["error"]?["code"] == -32600)
      #expect(try slow.answer() == nil)
      #expect(try idle.isUsable(), "a connection without a half line may be idle")
    }
  }

  @Test("a line in drips does not get more time than one that stalls")
  func drips() async throws {
    let limits = ConnectionLimits(unfinishedLine: .milliseconds(40))
    try await withServer(limits: limits) { path, _ in
      let slow = try Caller(path)
      let begin = ContinuousClock.now
      var isOpen = true
      while isOpen, ContinuousClock.now - begin < .seconds(5) {
        isOpen = slow.send("x")
        sched_yield()
      }
      #expect(!isOpen)
      #expect(ContinuousClock.now - begin < .seconds(2))
    }
  }

  @Test("whoever finishes lines in time may always be in the middle of one")
  func steadyPieces() async throws {
    let limits = ConnectionLimits(unfinishedLine: .milliseconds(100))
    try await withServer(limits: limits) { path, _ in
      let caller = try Caller(path)
      let begin = ContinuousClock.now
      caller.send(#"{"jsonrpc":"2.0","#)
      while ContinuousClock.now - begin < .milliseconds(400) {
        caller.send("\"id\":1,\"method\":\"echo\"}\n{\"jsonrpc\":\"2.0\",")
        #expect(try caller.answer()?["result"] == [:])
      }
    }
  }

  @Test("while a peer does not read, it is not read from; when it reads, everything comes")
  func slowReader() async throws {
    let limits = ConnectionLimits(unreadBytes: 256 * 1024)
    try await withServer(limits: limits) { path, service in
      var events = service.events.makeAsyncIterator()
      let caller = try Caller(path)
      #expect(await events.next() == .opened(1))
      for id in 1...100 { caller.request("much", id: id, ["bytes": 100_000]) }
      // 10 MB are asked for; kernel and limit hold less than 1 MB of them.
      var isDone = false
      let other = try Caller(path)
      #expect(await events.next() == .received("much"))
      #expect(try other.isUsable(), "others are served meanwhile")
      var read = 0
      var asked = 1
      while !isDone {
        let answer = try #require(try caller.answer())
        read += 1
        #expect(answer["id"] == .int(read))
        #expect(answer["result"]?.string?.utf8.count == 100_000)
        isDone = read == 100
      }
      while asked < 100 {
        if await events.next() == .received("much") { asked += 1 }
      }
      #expect(try caller.isUsable())
    }
  }

  @Test("a peer that does not read is not answered further than the limit, and closed in time")
  func neverReads() async throws {
    let limits = ConnectionLimits(unreadBytes: 256 * 1024, unread: .milliseconds(100))
    try await withServer(limits: limits) { path, service in
      var events = service.events.makeAsyncIterator()
      let caller = try Caller(path)
      for id in 1...100 { caller.request("much", id: id, ["bytes": 100_000]) }
      var answered = 0
      var isOpen = true
      while isOpen {
        switch await events.next() {
        case .received: answered += 1
        case .closed, nil: isOpen = false
        case .opened: break
        }
      }
      #expect(answered < 20, "\(answered) answers of 100 kB were made for nobody")
    }
  }

  @Test("a peer that sends on, does not read and hangs up leaves nothing behind")
  func rudePeers() async throws {
    try await withServer { path, service in
      var events = service.events.makeAsyncIterator()
      for round in 1...30 {
        let caller = try Caller(path)
        for id in 1...20 { caller.request("much", id: id, ["bytes": 60_000]) }
        _ = caller
        _ = round
      }
      var closed = 0
      while closed < 30 { if case .closed = await events.next() { closed += 1 } }
      #expect(service.state.withLock { $0.connections.isEmpty })
      #expect(try Caller(path).isUsable())
    }
  }

  @Test("two hundred connections at once are all served")
  func many() async throws {
    try await withServer { path, _ in
      let callers = try (0..<200).map { _ in try Caller(path) }
      for caller in callers { caller.request("held") }
      for caller in callers { #expect(try caller.answer()?["result"] != nil) }
    }
  }

  @Test("without descriptors accepting pauses, then goes on with whoever waits")
  func descriptorsExhausted() async throws {
    let folder = try TemporaryFolder()
    let bound = try BoundSocket(
      path: folder.path + "/broker.sock", mode: 0o600, backlog: 16, makesFolder: false)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (accepted, acceptance) = AsyncStream<Void>.makeStream()
    let listener = try await ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause(.milliseconds(50)))
        }
      }
      .childChannelInitializer { channel in
        acceptance.yield()
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      .withBoundSocket(bound.descriptor).get()
    listener.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
    #expect(try await listener.getOption(.autoRead).get() == false)
    let caller = try Caller(bound.path)
    var arrivals = accepted.makeAsyncIterator()
    await arrivals.next()
    #expect(try await listener.getOption(.autoRead).get())
    _ = caller
    try await listener.close()
    try await group.shutdownGracefully()
  }

  @Test("at shutdown a connection gets what was said, then the end")
  func shutdown() async throws {
    var caller: Caller?
    try await withServer { path, _ in
      let mine = try Caller(path)
      #expect(try mine.isUsable())
      mine.request("later")
      caller = mine
    }
    #expect(try caller?.answer() == nil)
  }
}
