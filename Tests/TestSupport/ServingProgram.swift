// The programs of this package as tests run them: as processes, from the folder that they were built
// in, until a test has them end.

import Foundation
import JSON

/// Where the built programs are.
public enum BuiltProgram {
  /// The folder that the tests were built in, too.
  public static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// The program of this name.
  public static func path(_ name: String) -> String { folder.path + "/" + name }
}

/// A folder for one broker: its configuration, its socket and its state.
public struct BrokerFolder: Sendable {
  /// Only its owner may enter it.
  public let url = URL(fileURLWithPath: "/tmp/remedy-test-" + UUID().uuidString.prefix(8))

  public var path: String { url.path }
  public var configuration: String { path + "/remedy.toml" }
  public var socket: String { path + "/broker.sock" }
  public var state: String { path + "/state" }

  /// Makes the folder, with a configuration in it.
  public init(_ configuration: String = "") throws {
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    try configure(configuration)
  }

  /// Writes `remedy.toml`; the next start reads it.
  public func configure(_ text: String) throws {
    try write(Data(text.utf8), to: "remedy.toml")
  }

  /// Writes a file that only its owner may read.
  ///
  /// - Returns: its path.
  @discardableResult
  public func write(_ bytes: Data, to name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try bytes.write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    return file.path
  }

  /// The command that serves from here.
  public func command(socket: String? = nil, state: String? = nil) -> [String] {
    [
      BuiltProgram.path("remedyd"), "--user", "--config", configuration,
      "--socket", socket ?? self.socket, "--state", state ?? self.state,
    ]
  }

  /// Removes the folder and all that is in it.
  public func remove() { try? FileManager.default.removeItem(at: url) }
}

/// A program that serves; it ends with this value.
public final class ServingProgram {
  private let process: Process
  private let output = ProgramOutput()
  /// What it said until it was ready.
  public let words: [String]

  public var pid: Int32 { process.processIdentifier }
  public var isRunning: Bool { process.isRunning }

  /// Starts a broker; returns when it serves its socket.
  ///
  /// - Parameters:
  ///   - command: of its folder, with whatever is to stand before or behind it.
  ///   - environment: what it has beside that of the tests.
  ///   - directory: where it is started; where the tests are, unless given.
  ///   - hear: given what it logs.
  public init(
    broker command: [String], environment: [String: String] = [:], directory: URL? = nil,
    hear: @escaping @Sendable (Data) -> Void = { _ in }
  ) throws {
    process = .apart(command)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = directory ?? process.currentDirectoryURL
    process.standardError = output.pipe
    try process.run()
    words = try output.lines(until: "\"MESSAGE\":\"ready\"")
    for line in words { hear(Data((line + "\n").utf8)) }
    output.drain(hear)
  }

  /// Starts the simulator; returns when it says where it is.
  public init(simulator options: [String]) throws {
    process = .apart([BuiltProgram.path("remedy-simulator")] + options)
    process.standardOutput = output.pipe
    try process.run()
    words = try output.lines(until: "\"origin\"")
    output.drain()
  }

  /// What the simulator says of itself: `origin`, `port`, `client_id`, `ca_file`.
  public func place() throws -> JSONValue {
    try JSONParser.parse(Array((words.last ?? "").utf8))
  }

  deinit { stop(signal: SIGKILL) }

  /// Ends it by a signal, where it has not ended yet; returns when it is gone.
  public func stop(signal: Int32) {
    if process.isRunning { kill(pid, signal) }
    process.waitUntilExit()
    output.waitForEnd()
  }
}
