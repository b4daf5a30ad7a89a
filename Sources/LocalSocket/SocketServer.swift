// The listening side: which sockets, which connections, and how both end.

internal import CLinux
internal import Glibc
internal import JSONRPC
public import NIOCore
internal import NIOPosix

/// Serves JSON-RPC on Unix sockets, all of it on one event loop.
///
/// `@unchecked Sendable`: what changes is touched on the event loop only.
public final class SocketServer: @unchecked Sendable {
  let service: any ConnectionService
  let limits: ConnectionLimits
  private let places: ConnectionPlaces
  private let eventLoop: any EventLoop
  private let readPeer: @Sendable (CInt) -> PeerCredentials?

  private struct Listener {
    var channel: any Channel
    /// `nil` for one that somebody else bound.
    var bound: BoundSocket?
  }

  private var listeners: [Listener] = []
  private var connections: [Int: Connection] = [:]
  private var connectionsByUID: [UInt32: Int] = [:]
  private var lastID = 0
  private var isShuttingDown = false
  private var spare: OutputBuffer?

  private let ended: AsyncStream<Never>
  private let end: AsyncStream<Never>.Continuation

  /// - Parameters:
  ///   - eventLoop: where everything happens, calls of the service included.
  ///   - places: how many connections there may be at all.
  public convenience init(
    service: any ConnectionService, eventLoop: any EventLoop,
    limits: ConnectionLimits = ConnectionLimits(), places: ConnectionPlaces = .ours
  ) {
    self.init(
      service: service, eventLoop: eventLoop, limits: limits, places: places,
      readPeer: { PeerCredentials.read(from: $0) })
  }

  /// - Parameter readPeer: asks the kernel who is at the other end of a descriptor.
  init(
    service: any ConnectionService, eventLoop: any EventLoop, limits: ConnectionLimits,
    places: ConnectionPlaces = .ours, readPeer: @escaping @Sendable (CInt) -> PeerCredentials?
  ) {
    self.service = service
    self.eventLoop = eventLoop
    self.limits = limits
    self.places = places
    self.readPeer = readPeer
    (ended, end) = AsyncStream.makeStream()
  }

  // MARK: Listening

  /// Binds a socket at a path and accepts there.
  ///
  /// - Parameters:
  ///   - mode: the socket's permission bits: 0600 for a user's own service.
  ///   - makesFolder: whether to create the last folder of the path where it is missing.
  /// - Throws: what is in the way. Nothing is removed but a socket of our own that nobody serves.
  public func bind(
    path: String, mode: UInt32 = 0o600, makesFolder: Bool = false
  ) async throws(SocketFault) {
    let bound = try BoundSocket(
      path: path, mode: mode, backlog: limits.backlog, makesFolder: makesFolder)
    try await listen(on: bound.descriptor, path: path, bound: bound)
  }

  /// Accepts on a socket that listens already, as systemd hands it over. Its path is not ours to
  /// remove. The descriptor belongs to the server from now on.
  ///
  /// - Throws: `notListening` for any other descriptor.
  public func adopt(descriptor: CInt) async throws(SocketFault) {
    guard remedy_is_unix_listener(descriptor) == 1 else {
      throw .notListening(descriptor: descriptor)
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    try await listen(on: descriptor, path: "descriptor \(descriptor)", bound: nil)
  }

  private func listen(
    on descriptor: CInt, path: String, bound: BoundSocket?
  ) async throws(SocketFault) {
    let bootstrap = ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: Int32(clamping: limits.backlog))
      // One accept at a time: the one that finds nobody is a call to the kernel for nothing.
      .serverChannelOption(.maxMessagesPerRead, value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause())
        }
      }
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
      }
    do {
      let channel = try await bootstrap.withBoundSocket(descriptor).get()
      try await eventLoop.submit {
        self.listeners.append(Listener(channel: channel, bound: bound))
        if self.isShuttingDown { self.closeListeners() }
      }.get()
    } catch {
      bound?.unlink()
      throw .system(
        call: "listen", path: path, errno: (error as? IOError)?.errnoCode ?? EINVAL)
    }
  }

  /// Sets a connection's channel up. Its options are set here and not by the bootstrap, which makes
  /// a future for each.
  private func prepare(_ channel: any Channel) throws {
    guard let options = channel.syncOptions else { throw ChannelError.operationUnsupported }
    try options.setOption(.allowRemoteHalfClosure, value: true)
    try options.setOption(.maxMessagesPerRead, value: 1)
    try options.setOption(
      .recvAllocator,
      value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 1024, maximum: 65536))
    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(server: self))
  }

  // MARK: Running

  /// Returns when the server has been shut down and its last connection is gone.
  public func run() async {
    await withTaskCancellationHandler {
      for await _ in ended {}
    } onCancel: {
      shutdown()
    }
  }

  /// Stops accepting, removes the paths that were bound here, and closes the connections, each
  /// after what waits for it has been sent, or after `grace`.
  public func shutdown(grace: Duration = .seconds(2)) {
    eventLoop.execute {
      guard !self.isShuttingDown else { return }
      self.isShuttingDown = true
      self.closeListeners()
      for connection in Array(self.connections.values) { connection.close() }
      self.eventLoop.execute { self.endIfDone() }
      self.eventLoop.scheduleTask(in: TimeAmount(grace)) {
        for connection in Array(self.connections.values) { connection.abandon() }
      }
    }
  }

  private func closeListeners() {
    for listener in listeners {
      listener.bound?.unlink()
      listener.channel.close(promise: nil)
    }
    listeners = []
  }

  private func endIfDone() {
    if isShuttingDown, connections.isEmpty { end.finish() }
  }

  // MARK: Connections

  /// Who is there, and why they may not come in.
  func admit(_ descriptor: CInt) -> (peer: PeerCredentials?, refusal: RPCError?) {
    guard let peer = readPeer(descriptor), peer.isIdentified else { return (nil, nil) }
    guard connections.count < places.total else {
      return (peer, service.noPlace("the broker has \(places.total) connections"))
    }
    guard connectionsByUID[peer.uid, default: 0] < places.perUID else {
      return (peer, service.noPlace("this uid has \(places.perUID) connections"))
    }
    return (peer, service.admit(peer))
  }

  func open(_ peer: PeerCredentials, channel: any Channel, descriptor: CInt) -> Connection {
    lastID += 1
    let connection = Connection(
      id: lastID, peer: peer, server: self, channel: channel, descriptor: descriptor,
      acceptedAt: remedy_boot_time())
    connections[connection.id] = connection
    connectionsByUID[peer.uid, default: 0] += 1
    service.opened(connection)
    if isShuttingDown { connection.close() }
    return connection
  }

  func forget(_ connection: Connection) {
    connection.closed()
    if connections.removeValue(forKey: connection.id) != nil {
      let count = connectionsByUID[connection.peer.uid, default: 1] - 1
      connectionsByUID[connection.peer.uid] = count > 0 ? count : nil
    }
    // The channel may have been closed from inside a call of the service.
    eventLoop.execute {
      self.service.closed(connection)
      self.endIfDone()
    }
  }

  // MARK: Memory

  private static let bufferCapacity = 8192

  /// A buffer for outgoing bytes: most answers find the one that the last answer left.
  func takeBuffer() -> OutputBuffer {
    if let buffer = spare {
      spare = nil
      return buffer
    }
    return OutputBuffer(capacity: Self.bufferCapacity)
  }

  func giveBack(_ buffer: OutputBuffer) {
    if buffer.capacity <= 8 * Self.bufferCapacity { spare = buffer }
  }
}
