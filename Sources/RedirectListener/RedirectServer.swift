// The listening side of loopback redirect URIs (RFC 8252 §7.3, §8.1; protocol reference §7.4).
//
// 1. An address is served while somebody has it open, and no longer. Whoever else has the same one
//    open shares it; what tells two sign-ins apart is the `state`, and the judge of it is whoever
//    opened the address. A socket is shared, too, by addresses that differ only in their path.
// 2. Everybody on this machine can connect, and every page in its browser can send a request. So
//    connections, their bytes and their time are bounded, the oldest that has said nothing goes
//    first, and nothing has an effect but a callback that its judge takes.
// 3. A connection is for one request. Once an address is closed no new connection is accepted, and
//    those that there are get half a second to take their answer along.

internal import Glibc
public import NIOCore
internal import NIOPosix
public import OAuth
internal import Synchronization

/// Serves loopback redirect URIs over HTTP, all of it on one event loop.
///
/// `@unchecked Sendable`: what changes is touched on the event loop only.
public final class RedirectServer: @unchecked Sendable {
  /// Judges a callback; calls back once, on any thread.
  public typealias Judge =
    @Sendable (RedirectCallback, @escaping @Sendable (RedirectVerdict) -> Void) -> Void

  /// What strangers can take of it at most.
  public struct Limits: Sendable {
    /// Connections at once.
    public var connections = 64
    /// Bytes of one request.
    public var bytes = 16 * 1024
    /// From the connection to the end of the request's head.
    public var request: TimeAmount = .seconds(5)
    /// From there to the end of the answer.
    public var answer: TimeAmount = .seconds(15)
    /// What is left to a connection when its address is closed.
    public var farewell: TimeAmount = .milliseconds(500)

    /// The standard ones, as they stand above.
    public init() {}
  }

  /// A socket's address.
  struct Place: Hashable {
    var address: String
    var port: Int
  }

  /// Somebody who has an address open.
  private struct Opening {
    var uri: RedirectURI
    var judge: Judge
  }

  private struct Socket {
    var channel: EventLoopFuture<any Channel>
    var users = 0
  }

  let limits: Limits
  private let eventLoop: any EventLoop
  private var openings: [Int: Opening] = [:]
  private let lastOpening = Atomic(0)
  private var sockets: [Place: Socket] = [:]
  private var closing: [Place: EventLoopFuture<Void>] = [:]
  private var connections: [Int: RedirectConnection] = [:]
  private var lastConnection = 0

  /// - Parameter eventLoop: where everything happens; not the one that held tokens are served on.
  public init(eventLoop: any EventLoop, limits: Limits = Limits()) {
    self.eventLoop = eventLoop
    self.limits = limits
  }

  // MARK: Addresses

  /// Has a loopback redirect URI served until the closure that is returned is called. Returns at
  /// once; the calls of one caller take effect in their order.
  ///
  /// - Parameters:
  ///   - uri: a loopback one; any other is `.failed`.
  ///   - opened: called once, on the event loop, when connections are accepted, or with why they
  ///     are not: then there is nothing to close.
  ///   - judge: is asked of every well-formed callback that comes to the address.
  public func open(
    _ uri: RedirectURI, opened: @escaping @Sendable (RedirectObstacle?) -> Void,
    judge: @escaping Judge
  ) -> @Sendable () -> Void {
    let number = lastOpening.wrappingAdd(1, ordering: .relaxed).newValue
    eventLoop.execute { self.add(number, Opening(uri: uri, judge: judge), opened) }
    return { self.eventLoop.execute { self.remove(number) } }
  }

  private func add(
    _ number: Int, _ opening: Opening, _ opened: @escaping @Sendable (RedirectObstacle?) -> Void
  ) {
    guard let loopback = opening.uri.loopback else {
      opened(.failed(port: 0, errno: EADDRNOTAVAIL))
      return
    }
    openings[number] = opening
    let channels = loopback.addresses.map { channel(at: Place(address: $0, port: loopback.port)) }
    EventLoopFuture.whenAllComplete(channels, on: eventLoop).whenSuccess { results in
      let obstacle = Self.obstacle(results, port: loopback.port)
      if obstacle != nil { self.remove(number) }
      opened(obstacle)
    }
  }

  /// `localhost` is served where one of its addresses can be had; a stranger at the other one is in
  /// the way all the same, since a browser may go there.
  private static func obstacle(
    _ results: [Result<any Channel, any Error>], port: Int
  ) -> RedirectObstacle? {
    let codes = results.compactMap { result -> Int32? in
      guard case .failure(let error) = result else { return nil }
      return (error as? IOError)?.errnoCode ?? EINVAL
    }
    if codes.contains(EADDRINUSE) { return .busy(port: port) }
    guard codes.count == results.count, let code = codes.first else { return nil }
    return code == EACCES || code == EPERM
      ? .forbidden(port: port) : .failed(port: port, errno: code)
  }

  private func remove(_ number: Int) {
    guard let opening = openings.removeValue(forKey: number), let loopback = opening.uri.loopback
    else { return }
    for address in loopback.addresses {
      release(Place(address: address, port: loopback.port))
    }
  }

  // MARK: Sockets

  private func channel(at place: Place) -> EventLoopFuture<any Channel> {
    if let socket = sockets[place] {
      sockets[place]?.users += 1
      return socket.channel
    }
    // The one before may be on its way out still.
    let free = closing[place] ?? eventLoop.makeSucceededVoidFuture()
    let channel = free.flatMap { self.bind(place) }
    sockets[place] = Socket(channel: channel, users: 1)
    return channel
  }

  private func bind(_ place: Place) -> EventLoopFuture<any Channel> {
    ServerBootstrap(group: eventLoop)
      // Else our own connections of a moment ago keep the port from us (TIME_WAIT).
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.accept(channel, at: place) }
      }
      .bind(host: place.address, port: place.port)
  }

  private func release(_ place: Place) {
    guard var socket = sockets[place] else { return }
    socket.users -= 1
    guard socket.users == 0 else {
      sockets[place] = socket
      return
    }
    sockets[place] = nil
    for connection in connections.values where connection.place == place { connection.retire() }
    let closed = socket.channel.flatMap { $0.close() }.recover { _ in }
    closing[place] = closed
    closed.whenComplete { _ in
      if self.closing[place] === closed { self.closing[place] = nil }
    }
  }

  // MARK: Connections

  private func accept(_ channel: any Channel, at place: Place) throws {
    if connections.count >= limits.connections {
      let silent = connections.filter { !$0.value.hasAsked }.keys.min()
      guard let silent else {
        channel.close(promise: nil)
        return
      }
      connections.removeValue(forKey: silent)?.abandon()
    }
    lastConnection += 1
    let connection = RedirectConnection(
      number: lastConnection, place: place, channel: channel, server: self)
    connections[lastConnection] = connection
    try connection.prepare()
  }

  func forget(_ connection: RedirectConnection) {
    connections[connection.number] = nil
  }

  /// The addresses that are served at a place, each once, with whoever has opened it first.
  func served(at place: Place) -> [RedirectURI: Judge] {
    var served: [RedirectURI: Judge] = [:]
    for (_, opening) in openings.sorted(by: { $0.key < $1.key }) {
      guard let loopback = opening.uri.loopback, loopback.port == place.port,
        loopback.addresses.contains(place.address), served[opening.uri] == nil
      else { continue }
      served[opening.uri] = opening.judge
    }
    return served
  }
}
