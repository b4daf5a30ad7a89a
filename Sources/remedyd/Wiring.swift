// How the parts of the service are put together. Nothing is decided here.

internal import BrokerConfig
internal import BrokerInterface
internal import BrokerService
internal import FoundationEssentials
internal import Glibc
internal import LocalSocket
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RedirectListener
internal import ServiceLifecycle
internal import Systemd
internal import TokenBroker
internal import TokenVault
internal import UnixSignals

/// The service of one run.
struct Wiring {
  var mode: Mode
  var paths: Paths
  var configuration: Configuration
  var logger: Logger

  func run() async throws {
    let (vault, loaded) = try await openVault()
    if let loaded { logger.report(loaded) }
    if loaded != nil { logger.reportMemory() }
    let isNew: Bool? = if loaded == nil { try await vault.isNew } else { nil }
    let announcement = Announcement(
      profiles: configuration.profiles.count, sessions: loaded?.sessionCount, logger: logger)
    // The issuers have a loop of their own: a TLS handshake never delays a held token.
    let inside = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let outside = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    guard let loop = inside.next() as? any NIOSerialEventLoopExecutor else {
      preconditionFailure("the event loop is no executor")
    }
    let outbound = Outbound(group: outside)
    let broker = Broker(
      Broker.Parts(
        profiles: configuration.profiles, limits: configuration.limits,
        policy: AccessPolicy(mode: mode, serviceUID: geteuid()), vault: vault, exchange: outbound,
        redirects: RedirectServer(eventLoop: outside.next()),
        clock: EventLoopClock(eventLoop: loop), logger: logger,
        userAgent: "remedyd/\(Remedyd.version)", vaultIsNew: isNew,
        unlocked: { loaded in
          logger.report(loaded)
          logger.reportMemory()
          announcement.unlocked(sessions: loaded.sessionCount)
        }, render: renderedAnswer),
      // The broker takes out of the records what it needs; nobody else is to hold them on.
      records: (consume loaded)?.records ?? [], executor: loop)
    let service = InterfaceServer(
      broker,
      identity: InterfaceServer.Identity(version: Remedyd.version, mode: mode, pid: getpid()),
      limits: configuration.limits)
    let server = SocketServer(service: service, eventLoop: loop)
    try await listen(server)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: BrokerRun(broker: broker)),
          .init(service: SocketRun(server: server)),
          .init(service: HangUps(logger: logger)),
          .init(service: announcement),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    await outbound.shutdown()
    await vault.close()
    try await inside.shutdownGracefully()
    try await outside.shutdownGracefully()
  }

  /// The vault, opened with the configured key, or held until a person gives the passphrase. A user
  /// service makes a key of its own at the first start, where none is configured.
  private func openVault() async throws(VaultError) -> (Vault, Vault.Loaded?) {
    switch configuration.vaultKey {
    case .passphrase:
      return (try await Vault.sealed(directory: paths.state), nil)
    case .source(let source):
      return try await open(source)
    case nil:
      let path = paths.state + "/vault.key"
      if try KeySource.makeFile(at: path, forVaultIn: paths.state) {
        logger.notice("made a key for the vault", metadata: ["path": "\(path)"])
      }
      return try await open(.file(path))
    }
  }

  private func open(_ source: KeySource) async throws(VaultError) -> (Vault, Vault.Loaded?) {
    let key = try source.read(credentialsDirectory: Remedyd.credentialsDirectory)
    return try await Vault.open(directory: paths.state, key: key)
  }

  /// On the sockets that systemd hands over, or on a path of our own.
  private func listen(_ server: SocketServer) async throws {
    let descriptors = try ListenDescriptors.named()
    for (descriptor, _) in descriptors { try await server.adopt(descriptor: descriptor) }
    if descriptors.isEmpty {
      try await server.bind(
        path: paths.socket, mode: mode == .system ? 0o666 : 0o600, makesFolder: mode == .user)
    }
  }

  static func logger(level: Logger.Level) -> Logger {
    let output = LogOutput.chosen()
    return Logger(label: "remedyd") { label in
      output.handler(label: label, identifier: "remedyd", level: level)
    }
  }

  /// Says something to whoever started the service by hand, before there is a log.
  static func complain(_ words: String) {
    let bytes = Array((words + "\n").utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// Runs the broker's jobs until the shutdown, and what must not be lost until it has ended.
private struct BrokerRun: Service {
  let broker: Broker
  func run() async throws {
    await withGracefulShutdownHandler {
      await broker.run()
    } onGracefulShutdown: {
      broker.shutDown()
    }
  }
}

/// Serves the socket until the shutdown, then lets what is being sent end.
private struct SocketRun: Service {
  let server: SocketServer
  func run() async throws {
    await withGracefulShutdownHandler {
      await server.run()
    } onGracefulShutdown: {
      server.shutdown()
    }
  }
}

/// Says of SIGHUP, by which a service is told to read its configuration again, that this one does not;
/// the signal must not end it.
private struct HangUps: Service {
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in await UnixSignalsSequence(trapping: .sighup) {
        logger.warning("reload is not there yet; restart to have the configuration read")
      }
    }
  }
}

/// Tells systemd. The socket accepts, the configuration holds, and the vault is open or waits for its
/// passphrase when this runs. The status is for every local user to read: counts and states only.
private struct Announcement: Service {
  let profiles: Int
  /// `nil` while the vault is locked.
  let sessions: Int?
  let logger: Logger

  func run() async throws {
    let status = sessions.map(words) ?? "locked"
    let notifier = Notifier()
    _ = notifier.ready(status: status)
    logger.notice("ready", metadata: ["event": "ready", "status": "\(status)"])
    await withGracefulShutdownHandler {
      try? await gracefulShutdown()
    } onGracefulShutdown: {
      _ = notifier.stopping(status: "stopping")
    }
  }

  /// A passphrase has opened the vault.
  func unlocked(sessions: Int) {
    _ = Notifier().status(words(sessions))
  }

  private func words(_ sessions: Int) -> String {
    "\(counted(profiles, "profile")), \(counted(sessions, "session"))"
  }
}

/// `1 profile`, `2 profiles`.
func counted(_ number: Int, _ thing: String) -> String {
  "\(number) \(thing)" + (number == 1 ? "" : "s")
}

extension Vault.Loaded {
  /// Of the records those of sessions; the others are of sign-ins under way.
  fileprivate var sessionCount: Int { records.count { $0.0.kind == "session" } }
}
