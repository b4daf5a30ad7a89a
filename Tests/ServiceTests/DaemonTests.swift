// `remedyd` as whoever starts it and tells it things by signals sees it.

import BrokerInterface
import Foundation
import RemedyClient
import TestSupport
import Testing

@Suite("the daemon at the command line, and by signals", .serialized)
struct DaemonTests {
  private static let configuration = """
    [profile.demo]
    issuer = "https://acme.okta.com"
    client_id = "0oa1"
    redirect_uri = "http://127.0.0.1:8765/callback"

    """

  @Test("SIGHUP is answered in the log, and does not end the service", .timeLimit(.minutes(1)))
  func hangUp() throws {
    let broker = try BrokerProcess(configuration: Self.configuration)
    broker.send(signal: SIGHUP)
    #expect(broker.logs("reload is not there yet; restart"))
    _ = try broker.client().call(BrokerInfo.self, NoParams())
  }

  @Test("one profile is one profile, and a verb that is left out is no success")
  func words() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "remedy.toml").path
    try Self.configuration.write(toFile: file, atomically: true, encoding: .utf8)
    chmod(file, 0o600)
    let daemon = BuiltProgram.path("remedyd")
    let check = try FinishedProgram([daemon, "--check-config", "--config", file])
    #expect(check.status == 0)
    #expect(check.words == "\(file): no faults, 1 profile\n")
    let vault = try FinishedProgram([daemon, "vault"], includesErrors: true)
    #expect(vault.status == 2)
    #expect(vault.words.contains("new-key"))
  }
}
