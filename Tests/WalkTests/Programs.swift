// The built programs for walks: one simulator and one broker, which are given one organisation after
// the other. They talk plain HTTP on loopback, so that playing the phone costs no TLS.

import Foundation
import Glibc
import IdentityEngineSimulator
import JSON
import RemedyClient
import SimulatedPeople
import TestSupport

/// A broker and its issuer, as processes; both end with it.
final class Programs {
  private let place: BrokerFolder
  let origin: String
  /// A loopback address with a port that nobody else uses.
  let redirectURI: String
  private let simulator: ServingProgram
  private let daemon: ServingProgram
  private let port: UInt16

  var socket: String { place.socket }

  init() throws {
    place = try BrokerFolder()
    redirectURI = "http://127.0.0.1:\(try FreePort.find())/callback"
    simulator = try ServingProgram(
      simulator: ["--scenario", "random:1", "--redirect-uri", redirectURI])
    let ready = try simulator.place()
    guard let origin = ready["origin"]?.string, let client = ready["client_id"]?.string,
      let port = ready["port"]?.int.flatMap({ UInt16(exactly: $0) })
    else { throw Trouble("the simulator did not say where it is") }
    self.origin = origin
    self.port = port
    try place.configure(
      """
      [profile.demo]
      issuer = "\(origin)"
      client_id = "\(client)"
      scopes = ["openid", "profile", "offline_access"]
      redirect_uri = "\(redirectURI)"
      """)
    daemon = try ServingProgram(broker: place.command())
  }

  deinit {
    daemon.stop(signal: SIGKILL)
    simulator.stop(signal: SIGTERM)
    place.remove()
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

  private static func speak(_ text: String, port: UInt16) throws -> String {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
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
}
