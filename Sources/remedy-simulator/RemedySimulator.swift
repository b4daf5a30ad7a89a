// The command: an Okta organisation on this machine, for tests, for the demo, and for a person who
// wants to see what a client does.

import ArgumentParser
import FoundationEssentials
import Glibc
import IdentityEngineSimulator
import NIOSSL

@main
struct RemedySimulator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remedy-simulator",
    abstract: "An Okta organisation on loopback, to sign in at without one.",
    discussion: """
      Prints one line of JSON on standard output as soon as it can be reached, and nothing else. A \
      client of any make is pointed at one of its 'issuers', with its 'client_id' and \
      'redirect_uri' and, under --tls, its 'ca_file'. What it has sent by mail and phone is shown \
      at /simulator of the same address; docs/simulator.md has the rest.
      """)

  @Option(
    help: ArgumentHelp(
      "A name that --list prints, random:SEED, or a JSON file.", valueName: "name|file"))
  var scenario = "password"

  @Flag(help: "Print the built-in scenarios and leave.")
  var list = false

  @Option(help: "The port to listen on; 0 for any that is free.")
  var port = 0

  @Option(help: "The address to listen on.")
  var address = "127.0.0.1"

  @Option(
    help: """
      The host name in the addresses it gives out, the issuers among them; that of --address unless \
      given.
      """)
  var host: String?

  @Option(
    help: ArgumentHelp(
      "Serve TLS, with a fresh certificate whose authority is written to ca.pem in this folder.",
      valueName: "folder"))
  var tls: String?

  @Option(
    help: ArgumentHelp(
      "The redirect URI that every client has registered, in place of its own; any scheme.",
      valueName: "uri"))
  var redirectURI: String?

  @Option(help: "A number from which handles and codes follow; left out, they differ each time.")
  var seed: UInt64?

  func run() async throws {
    if list {
      printScenarios()
      return
    }
    var chosen = try chosenScenario()
    if let redirectURI {
      for place in chosen.clients.indices { chosen.clients[place].redirectURIs = [redirectURI] }
    }
    let host = self.host ?? address
    let name = host.contains(":") ? "[\(host)]" : host
    let certificate = try tls.map { _ in try ServerCertificate(host: host, now: Date()) }
    let configuration = try certificate?.tlsConfiguration()
    let caFile = try tls.flatMap { try certificate?.writeAuthority(to: $0) }
    let scheme = tls == nil ? "http" : "https"
    let organisation = try Organisation(
      scenario: chosen, origin: "\(scheme)://\(name):\(port)",
      seed: seed ?? UInt64.random(in: .min ... .max))
    let announced = chosen
    try await Front(organisation).serve(
      address: address, port: port, tls: configuration
    ) { port in
      let origin = "\(scheme)://\(name):\(port)"
      announce([
        "origin": .string(origin), "port": .integer(port),
        "issuers": .array(announced.issuers(at: origin).map { .string($0) }),
        "ca_file": caFile.map { .string($0) } ?? .null,
        "client_id": .string(announced.clients.first?.identifier ?? ""),
        "redirect_uri": .string(announced.clients.first?.redirectURIs.first ?? ""),
        "scenario": .string(announced.name),
        "flow": .string(announced.flow),
        "client_auth": .string(announced.clients.first?.method ?? "none"),
        "client_secret": announced.clients.first?.secret.map { .string($0) } ?? .null,
        "dpop": .bool(announced.clients.first?.requiresProof ?? false),
      ])
      return origin
    }
  }

  private func chosenScenario() throws -> Scenario {
    if let named = Scenario.named(scenario) { return named }
    if let seed = randomSeed { return Scenario.random(seed: seed) }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: scenario))
    } catch {
      throw ValidationError("'\(scenario)' is no built-in scenario (see --list) and no file")
    }
    do {
      return try JSONDecoder().decode(Scenario.self, from: bytes)
    } catch {
      throw ValidationError("\(scenario): \(error)")
    }
  }

  /// The number behind `random:`.
  private var randomSeed: UInt64? {
    let parts = scenario.split(separator: ":")
    return parts.count == 2 && parts[0] == Scenario.randomName ? UInt64(parts[1]) : nil
  }

  private func printScenarios() {
    let width = Scenario.all.map(\.name.count).max() ?? 0
    for group in Scenario.groups {
      print("\(group.heading)")
      for scenario in group.scenarios {
        let padding = String(repeating: " ", count: width - scenario.name.count)
        print("  \(scenario.name)\(padding)  \(scenario.sentence)")
      }
      print("")
    }
    print("Put together by chance\n  random:SEED, the same for the same number\n")
    let person = Person.ann
    let client = OAuthClient.demo
    let issuer = "/oauth2/" + AuthorizationServer.default.identifier
    print(
      """
      User name \(person.identifier), password \(person.password),
      security answer \(person.question?.answer ?? ""), Google Authenticator seed \
      \(person.totpSeed ?? "").
      Client \(client.identifier), with no secret; redirect URI \(client.redirectURIs.first ?? "").
      Issuers http://127.0.0.1:PORT and http://127.0.0.1:PORT\(issuer), as the first line says them.
      Codes that were sent, and those that the people's tokens show, are at /simulator; phones, \
      Duo's page and
      Okta Verify on this machine are played at /simulator/phone.
      """)
  }
}

/// Writes one line to standard output at once, whatever that is connected to.
private func announce(_ line: WireValue) {
  var bytes = Array((line.jsonText + "\n").utf8)[...]
  while !bytes.isEmpty {
    let written = unsafe bytes.withUnsafeBytes { buffer in
      unsafe write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
    }
    guard written > 0 else { return }
    bytes = bytes.dropFirst(written)
  }
}
