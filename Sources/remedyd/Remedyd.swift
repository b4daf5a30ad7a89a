// `remedyd`: options, and the order in which things come up and go down.
//
// Up: the process is hardened, the configuration holds, the vault is open, the broker runs, the
// socket accepts; only then READY. Down: the socket stops accepting, the refreshes under way come to
// their end, the broker's other jobs are cut short, the vault is closed.

internal import ArgumentParser
internal import BrokerConfig
internal import BrokerInterface
internal import BrokerService
internal import CLinux
internal import Glibc
internal import LocalSocket
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Secrets
internal import ServiceLifecycle
internal import Systemd
internal import TokenBroker
internal import TokenVault

@main
struct Remedyd: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "remedyd",
    abstract: "The token broker: signs people in at Okta and hands tokens to local processes.",
    version: version, subcommands: [VaultCommand.self])

  @Flag(help: "Serve the whole machine: nobody is allowed unless a profile says so.")
  var system = false

  @Flag(help: "Serve the calling user alone (the default).")
  var user = false

  @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The path of the socket.", valueName: "path"))
  var socket: String?

  @Option(help: ArgumentHelp("The folder of the vault.", valueName: "folder"))
  var state: String?

  @Option(help: "trace, debug, info, notice, warning or error.")
  var logLevel: String?

  @Flag(help: "Read the configuration, print every fault, and exit with 0 or 2.")
  var checkConfig = false

  func validate() throws {
    if system && user { throw ValidationError("--system and --user exclude each other") }
    if let logLevel, Logger.Level(rawValue: logLevel) == nil {
      throw ValidationError("--log-level must be trace, debug, info, notice, warning or error")
    }
  }

  func run() async throws {
    // Neither a core nor /proc/PID/mem shows what the process knows (security bar S3).
    _ = remedy_set_not_dumpable()
    _ = remedy_raise_core_limit_zero()
    // Nor must it end the service before there is a log to say so in.
    signal(SIGHUP, SIG_IGN)
    let mode: Mode = system ? .system : .user
    let paths: Paths
    do throws(Paths.Missing) {
      // A check serves nothing, and needs no place for a socket.
      paths = try Paths(
        mode: mode, config: config, socket: checkConfig ? socket ?? "" : socket,
        state: checkConfig ? state ?? "" : state)
    } catch {
      throw complaint("\(error)", 2)
    }
    let configuration: Configuration
    do throws(ConfigFaults) {
      configuration = try ConfigFile.read(
        path: paths.config, mode: mode, credentialsDirectory: Self.credentialsDirectory)
    } catch {
      throw complaint("\(error)", 2)
    }
    if checkConfig {
      for warning in configuration.warnings { print("warning: \(warning)") }
      print("\(paths.config): no faults, \(counted(configuration.profiles.count, "profile"))")
      return
    }
    let logger = Wiring.logger(
      level: logLevel.flatMap { Logger.Level(rawValue: $0) }
        ?? configuration.logLevel.flatMap { Logger.Level(rawValue: $0) } ?? .info)
    for warning in configuration.warnings { logger.warning("\(warning)") }
    do {
      try await Wiring(mode: mode, paths: paths, configuration: configuration, logger: logger)
        .run()
    } catch let error as VaultError {
      logger.critical("\(error)")
      throw ExitCode(1)
    } catch let error as SocketFault {
      logger.critical("\(error)")
      throw ExitCode(1)
    }
  }

  static var credentialsDirectory: String? {
    guard let path = unsafe getenv("CREDENTIALS_DIRECTORY") else { return nil }
    return unsafe String(cString: path)
  }

  private func complaint(_ words: String, _ code: Int32) -> ExitCode {
    Wiring.complain(words)
    return ExitCode(code)
  }
}
