// The built programs for walks: one simulator and one broker, which are given one organisation after
// the other. They talk plain HTTP on loopback, so that playing the phone costs no TLS.

import Foundation
import Glibc
import IdentityEngineSimulator
import JSON
import RemedyClient
import TestSupport

/// A broker and its issuer, as processes; both end with it.
final class Programs {
  let folder: URL
  let origin: String
  /// A loopback address with a port that nobody else uses.
  let redirectURI: String
  private let simulator: Process
  private let daemon: Process
  private let port: UInt16

  var socket: String { folder.path + "/broker.sock" }

  private static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  init() throws {
    folder = URL(fileURLWithPath: "/tmp/remedy-walks-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    redirectURI = "http://127.0.0.1:\(try Self.freePort())/callback"
    simulator = Process.apart()
    simulator.executableURL = Self.binaries.appendingPathComponent("remedy-simulator")
    simulator.arguments = ["--scenario", "random:1", "--redirect-uri", redirectURI]
    let output = Pipe()
    simulator.standardOutput = output
    try simulator.run()
    let ready = try JSONParser.parse(Array(Self.line(output.fileHandleForReading)))
    guard let origin = ready["origin"]?.string, let client = ready["client_id"]?.string,
      let port = ready["port"]?.int.flatMap({ UInt16(exactly: $0) })
    else { throw Trouble("the simulator did not say where it is") }
    self.origin = origin
    self.port = port
    let file = folder.appendingPathComponent("remedy.toml")
    try """
    [profile.demo]
    issuer = "\(origin)"
    client_id = "\(client)"
    scopes = ["openid", "profile", "offline_access"]
    redirect_uri = "\(redirectURI)"
    """.write(to: file, atomically: true, encoding: .utf8)
    chmod(file.path, 0o600)
    daemon = Process.apart()
    daemon.executableURL = Self.binaries.appendingPathComponent("remedyd")
    daemon.arguments = [
      "--user", "--config", file.path, "--socket", folder.path + "/broker.sock",
      "--state", folder.path + "/state",
    ]
    let log = Pipe()
    daemon.standardError = log
    try daemon.run()
    while true {
      let line = try Self.line(log.fileHandleForReading)
      if line.isEmpty { throw Trouble("the broker ended before it was ready") }
      if String(decoding: line, as: UTF8.self).contains("\"MESSAGE\":\"ready\"") { break }
    }
    log.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
  }

  deinit {
    kill(daemon.processIdentifier, SIGKILL)
    daemon.waitUntilExit()
    simulator.terminate()
    simulator.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Whether both are there.
  var areAlive: Bool { daemon.isRunning && simulator.isRunning }

  /// The simulator begins anew as this organisation.
  func become(_ scenario: Scenario) throws {
    var scenario = scenario
    for place in scenario.clients.indices { scenario.clients[place].redirectURIs = [redirectURI] }
    // What would only make a walk slow.
    scenario.switches.pollMilliseconds = 500
    scenario.switches.resendThrottle = false
    let body = String(decoding: try JSONEncoder().encode(scenario), as: UTF8.self)
    let reply = try exchange("POST", "/simulator/scenario", "application/json", body)
    guard reply.status == 200 else {
      throw Trouble("no scenario: \(String(decoding: reply.body, as: UTF8.self))")
    }
  }

  private static func line(_ handle: FileHandle) throws -> Data {
    var line = Data()
    while let byte = try handle.read(upToCount: 1), let first = byte.first {
      if first == UInt8(ascii: "\n") { break }
      line.append(first)
    }
    return line
  }

  // MARK: A plain HTTP client

  /// One request to the simulator, or to the redirect URI of the broker.
  func exchange(
    _ method: String, _ address: String, _ type: String?, _ body: String
  ) throws -> Outside.Reply {
    var target = address
    var port = self.port
    if let url = URL(string: address), let given = url.port {
      port = UInt16(given)
      target = String(address.dropFirst("http://\(url.host ?? ""):\(given)".count))
    }
    let head =
      "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
      + (type.map { "Content-Type: \($0)\r\nContent-Length: \(body.utf8.count)\r\n" } ?? "")
    let answer = try Self.speak(head + "\r\n" + body, port: port)
    let parts = answer.range(of: "\r\n\r\n")
    let lines = answer[..<(parts?.lowerBound ?? answer.endIndex)]
      .components(separatedBy: "\r\n")
    guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw Trouble("no HTTP answer to \(method) \(address)") }
    let location = lines.first { $0.lowercased().hasPrefix("location: ") }?.dropFirst(10)
    return Outside.Reply(
      status: status, location: location.map { String($0) },
      body: Array((parts.map { answer[$0.upperBound...] } ?? "").utf8))
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func speak(_ text: String, port: UInt16) throws -> String {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = Self.address(port: port)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Trouble("nobody listens at port \(port)") }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0x4000) }
      guard sent > 0 else { throw Trouble("port \(port) does not listen to the end") }
      bytes = bytes.dropFirst(sent)
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Trouble("port \(port) does not answer: \(errno)") }
      if count == 0 { break }
      answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }

  private static func freePort() throws -> UInt16 {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = Self.address(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) + getsockname(descriptor, $0, &size)
      }
    }
    guard named == 0 else { throw Trouble("no port is free") }
    return UInt16(bigEndian: address.sin_port)
  }
}
