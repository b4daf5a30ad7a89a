// One caller. Lines in, answers out, and the bounds on both.
//
// 1. Answers given while bytes are being read leave together, when the read is done; all others
//    at once.
// 2. Bytes go to the kernel by send(2), from memory that is wiped after. Only when it takes no more
//    does NIO get a piece of them, to wait for room; the rest waits here until that is done.
// 3. While more than `unreadBytes` wait, nothing more is read, and lines that have come wait, too.
// 4. The service is never called from inside its own answer, notification or close.
// 5. A peer that has shut its sending side gets the answers it waits for, then the connection ends.

public import JSON
internal import JSONRPC
internal import NIOCore
public import Secrets

/// A connection that was admitted. Belongs to the server's event loop: every method and property
/// but `id` and `peer` is for there.
///
/// `@unchecked Sendable`: what changes is touched on the event loop only, which is checked.
public final class Connection: @unchecked Sendable {
  /// Unique while the process lives.
  public let id: Int
  /// Who connected.
  public let peer: PeerCredentials

  private enum State {
    case open
    /// No more is read; it ends when what waits has been sent.
    case closing
    case closed
  }

  private let server: SocketServer
  private let channel: any Channel
  private let eventLoop: any EventLoop
  private let descriptor: CInt
  private let acceptedAt: Int64
  private var state = State.open

  // Incoming
  private var framer: LineFramer
  /// Whether `framer` is handing out lines: it must be left alone meanwhile.
  private var isTakingLines = false
  private var isPaused = false
  private var hasInputEnded = false
  private var hasTakenLine = false
  /// When the unfinished line began; `nil` while there is none.
  private var lineStarted: NIODeadline?
  private var lineTimer: Scheduled<Void>?

  // Outgoing
  private var output: OutputBuffer?
  /// How many bytes NIO is waiting to send.
  private var inFlight = 0
  private var isCorked = false
  private var unreadTimer: Scheduled<Void>?
  /// How many answers are owed.
  private var owed = 0

  init(
    id: Int, peer: PeerCredentials, server: SocketServer, channel: any Channel, descriptor: CInt,
    acceptedAt: Int64
  ) {
    self.id = id
    self.peer = peer
    self.server = server
    self.channel = channel
    self.descriptor = descriptor
    self.acceptedAt = acceptedAt
    eventLoop = channel.eventLoop
    framer = LineFramer(limit: server.limits.lineBytes)
  }

  // MARK: For the service

  /// Whether answers and notifications still go anywhere.
  public var isOpen: Bool {
    checkLoop()
    return state == .open
  }

  /// Sends a notification.
  public func notify(method: String, params: JSONObject) {
    checkLoop()
    guard state == .open else { return }
    write { Notification.write(method: method, params: params, into: &$0) }
  }

  /// The same, with parameters that are written already and lie in guarded memory.
  ///
  /// - Parameter params: a JSON object on one line.
  public func notify(method: String, params: Secret) {
    checkLoop()
    guard state == .open else { return }
    write { Notification.write(method: method, params: params, into: &$0) }
  }

  /// How many outgoing bytes wait, because the peer does not read.
  public var unreadBytes: Int {
    checkLoop()
    return unsent
  }

  /// Ends the connection now, whatever waits.
  public func cut() {
    checkLoop()
    abandon()
  }

  /// Ends the connection when what waits to be sent has been sent. No further request is read.
  public func close() {
    checkLoop()
    guard state == .open else { return }
    state = .closing
    flush()
    if state == .closing, unreadTimer == nil { startUnreadTimer() }
  }

  /// A hold on the process at the other end, to read executable and unit of it off the loop; `nil`
  /// when it is gone.
  public func process() -> PeerProcess? {
    checkLoop()
    guard state != .closed, channel.isActive else { return nil }
    return PeerProcess(socket: descriptor, peer: peer, acceptedAt: acceptedAt)
  }

  func checkLoop() { eventLoop.preconditionInEventLoop() }

  // MARK: Incoming

  /// Whether NIO may read from the socket.
  var wantsMore: Bool { !isPaused && state == .open }

  func received(_ bytes: ByteBuffer) {
    isCorked = true
    if state == .open {
      if isPaused {
        framer.keep(bytes.readableBytesUInt8Span)
      } else {
        isTakingLines = true
        let outcome = framer.feed(bytes.readableBytesUInt8Span) { take($0) }
        isTakingLines = false
        taken(outcome)
      }
    }
    bytes.wipe()
  }

  func readCompleted() {
    isCorked = false
    flush()
  }

  /// The peer has shut its sending side.
  func inputEnded() {
    hasInputEnded = true
    guard state == .open, !isPaused else { return }
    isCorked = true
    endUnfinishedLine()
    readCompleted()
  }

  private func resume() {
    isPaused = false
    isCorked = true
    isTakingLines = true
    let outcome = framer.resume { take($0) }
    isTakingLines = false
    taken(outcome)
    if hasInputEnded, wantsMore { endUnfinishedLine() }
    isCorked = false
  }

  /// - Returns: whether to go on.
  private func take(_ line: Span<UInt8>) -> Bool {
    hasTakenLine = true
    switch Line.read(line) {
    case .nothing:
      break
    case .one(.request(let request)):
      let target: ReplySlot.Target = request.id.map { .caller($0) } ?? .nobody
      if request.id != nil { owed += 1 }
      server.service.received(
        request, on: self, reply: ReplySlot(connection: self, target: target))
    case .one(.rejected(let id, let error)), .rejected(let id, let error):
      write { Reply.failure(error).write(id: id, into: &$0) }
    case .batch(let calls):
      take(calls)
    }
    return wantsMore
  }

  private func take(_ calls: [Line.Call]) {
    let expected = calls.count { call in
      if case .request(let request) = call { request.id != nil } else { true }
    }
    let batch = Batch(on: self, expecting: expected)
    if expected > 0 { owed += 1 }
    for call in calls where state == .open {
      switch call {
      case .request(let request):
        let target: ReplySlot.Target = request.id.map { .batch(batch, $0) } ?? .nobody
        server.service.received(
          request, on: self, reply: ReplySlot(connection: self, target: target))
      case .rejected(let id, let error):
        batch.add(.failure(error), id: id)
      }
    }
  }

  private func taken(_ outcome: LineFramer.Outcome) {
    if outcome == .overflow {
      refuse("a line has at most \(framer.limit) bytes")
    }
    guard state == .open else {
      framer.clear()
      return
    }
    if outcome == .drained, !framer.isEmpty {
      if hasTakenLine || lineStarted == nil { lineStarted = .now() }
      startLineTimer()
    } else {
      lineStarted = nil
    }
    hasTakenLine = false
  }

  private func endUnfinishedLine() {
    guard !framer.isEmpty else { return }
    refuse("the last line is not ended by LF")
  }

  /// Says what is wrong with the stream, and ends it.
  private func refuse(_ why: String) {
    guard state == .open else { return }
    framer.clear()
    write { Reply.failure(.invalidRequest(why)).write(id: nil, into: &$0) }
    close()
  }

  /// The time of a line counts from its first piece on, whatever else of it comes. The timer is
  /// not moved with each line: when it fires it looks which line there is.
  private func startLineTimer() {
    guard lineTimer == nil, let lineStarted else { return }
    let limit = server.limits.unfinishedLine
    lineTimer = eventLoop.scheduleTask(deadline: lineStarted + TimeAmount(limit)) {
      self.lineTimer = nil
      guard let started = self.lineStarted else { return }
      if NIODeadline.now() - started >= TimeAmount(limit) {
        self.refuse("the line was not finished in \(limit)")
      } else {
        self.startLineTimer()
      }
    }
  }

  // MARK: Outgoing

  func answer(_ reply: Reply, to id: RequestID) {
    checkLoop()
    guard state != .closed else { return }
    owed -= 1
    write { reply.write(id: id, into: &$0) }
  }

  func answer(_ batch: [(id: RequestID?, reply: Reply)]) {
    checkLoop()
    guard state != .closed else { return }
    owed -= 1
    write { sink in
      var separator = "["
      for answer in batch {
        sink.append(text: separator)
        answer.reply.write(id: answer.id, into: &sink)
        separator = ","
      }
      sink.append(text: "]")
    }
  }

  private func write(_ message: (inout OutputBuffer) -> Void) {
    var buffer = output ?? server.takeBuffer()
    message(&buffer)
    buffer.append(text: "\n")
    output = buffer
    if unsent > server.limits.outgoingBytes {
      abandon()
    } else if !isCorked || buffer.count >= Self.corkBytes {
      flush()
    }
  }

  private static let corkBytes = 64 * 1024

  private var unsent: Int { inFlight + (output?.count ?? 0) }

  /// Sends what the kernel takes, and sees what follows from what is left.
  private func flush() {
    guard state != .closed else { return }
    if let output, inFlight == 0 {
      guard channel.isActive, output.send(to: descriptor) else {
        abandon()
        return
      }
      if output.count > 0 {
        handOver(output.take(upTo: Self.corkBytes))
      }
      if output.count == 0 {
        server.giveBack(output)
        self.output = nil
      }
    }
    settle()
  }

  /// Lets NIO wait for room in the socket.
  private func handOver(_ piece: ByteBuffer) {
    inFlight = piece.readableBytes
    let written = eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { result in
      piece.wipe()
      self.inFlight = 0
      switch result {
      case .success: self.flush()
      case .failure: self.abandon()
      }
    }
    channel.writeAndFlush(piece, promise: written)
  }

  private func settle() {
    if unsent > server.limits.unreadBytes {
      if state == .open { isPaused = true }
      startUnreadTimer()
      return
    }
    if state == .open {
      unreadTimer?.cancel()
      unreadTimer = nil
      if isPaused { goOnSoon() }
    }
    guard unsent == 0, !isCorked else { return }
    if state == .closing || (hasInputEnded && owed == 0 && !isPaused) {
      abandon()
    }
  }

  /// Takes lines again, in a turn of the loop of its own.
  private func goOnSoon() {
    eventLoop.execute {
      guard self.state == .open, self.isPaused, !self.isTakingLines,
        self.unsent <= self.server.limits.unreadBytes
      else { return }
      self.resume()
      self.flush()
      if self.wantsMore, !self.hasInputEnded { self.channel.read() }
    }
  }

  private func startUnreadTimer() {
    guard unreadTimer == nil else { return }
    unreadTimer = eventLoop.scheduleTask(in: TimeAmount(server.limits.unread)) {
      self.abandon()
    }
  }

  /// Ends the connection now, with whatever waits.
  func abandon() {
    guard state != .closed else { return }
    state = .closed
    channel.close(promise: nil)
  }

  /// The channel is gone.
  func closed() {
    state = .closed
    lineTimer?.cancel()
    unreadTimer?.cancel()
    output = nil
    if !isTakingLines { framer.clear() }
  }
}
