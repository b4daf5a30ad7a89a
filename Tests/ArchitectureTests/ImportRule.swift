// Which target may see what, and why: the walls of the package as a table. `Package.swift` says what
// a target is built with; this says what it is for.
//
// A module that is in no list is forbidden, so a new dependency has to pass here, and a new target
// has to get a line.

/// What one target may import beside the standard library.
struct ImportRule: Sendable {
  var target: String
  var may: Set<String>
  /// What it must never know, as the sentence that a failure shows.
  var never: String

  init(_ target: String, may: Set<String>, never: String) {
    self.target = target
    self.may = may
    self.never = never
  }

  /// Why this import must not be; `nil` where it may.
  func objection(to module: String) -> String? {
    if may.contains(module) { return nil }
    let why =
      module == "Foundation"
      ? "Foundation costs memory, time to start and 45 MB; FoundationEssentials has what is needed"
      : "never: \(never)"
    return "\(target) imports \(module) (\(why))"
  }
}

extension ImportRule {
  static let all: [ImportRule] = [
    // Pure: no clock, socket, file, task, logger, environment or global state.
    ImportRule("JSON", may: [], never: "anything but the standard library"),
    ImportRule(
      // `Synchronization` guards the arena that secrets lie in.
      "Secrets", may: essentials(["CSodium", "Synchronization"]),
      never: "Codable and files; and nobody else imports CSodium"),
    ImportRule(
      "Prompts", may: essentials(["JSON", "Secrets"]), never: "how IDX or ION spell a prompt"),
    ImportRule(
      "IdentityEngine", may: essentials(["HTTPTypes", "JSON", "Secrets"]),
      never: "the order of steps, and OAuth"),
    ImportRule(
      "OAuth", may: essentials(["Crypto", "CryptoExtras", "HTTPTypes", "JSON", "Secrets"]),
      never: "IDX and sockets"),
    ImportRule(
      "InteractionCodeFlow", may: essentials(["IdentityEngine", "JSON", "Prompts", "Secrets"]),
      never: "OAuth, a clock, randomness"),
    ImportRule("JSONRPC", may: essentials(["JSON", "Secrets"]), never: "what the methods are"),
    ImportRule(
      "BrokerInterface", may: essentials(["JSON", "JSONRPC", "Prompts", "Secrets"]),
      never: "the domain"),
    ImportRule(
      "SecurityKeys", may: essentials(["JSON", "Secrets"]), never: "libfido2, and terminals"),
    ImportRule("QRCodes", may: ["CPNG"], never: "terminals, and what a code says"),

    // The machine around us.
    ImportRule("TokenVault", may: system(["CLinux", "Secrets"]), never: "what a record means"),
    ImportRule("Systemd", may: system(["CSystemd", "Logging"]), never: "the domain"),
    ImportRule(
      "LocalSocket",
      may: system(["CLinux", "JSON", "JSONRPC", "NIOCore", "NIOPosix", "Secrets", "Systemd"]),
      never: "policy"),
    ImportRule(
      "RedirectListener", may: system(["NIOCore", "NIOHTTP1", "NIOPosix", "OAuth"]),
      never: "whose sign-in a callback belongs to, and what it is for"),
    ImportRule(
      "RemedyClient",
      may: system(["BrokerInterface", "CLinux", "JSON", "JSONRPC", "Prompts", "Secrets"]),
      never: "NIO, Foundation, the domain"),

    // The domain.
    ImportRule(
      "TokenBroker",
      may: system([
        "Crypto", "HTTPTypes", "IdentityEngine", "InteractionCodeFlow", "JSON", "Logging", "OAuth",
        "Prompts", "Secrets", "TokenVault",
      ]), never: "NIO, JSONRPC, systemd"),
    ImportRule(
      // A profile is made of OAuth's values, and the key of the vault is the vault's.
      "BrokerConfig",
      may: system(["CLinux", "CTOML", "OAuth", "Secrets", "TokenBroker", "TokenVault"]),
      never: "I/O beyond the file and what it names"),
    ImportRule(
      "BrokerService",
      may: system([
        "BrokerInterface", "JSON", "JSONRPC", "LocalSocket", "Logging", "Prompts", "Secrets",
        "TokenBroker",
      ]), never: "decisions, NIO, systemd"),

    // The programs.
    ImportRule(
      "remedyd",
      may: system([
        "ArgumentParser", "AsyncHTTPClient", "BrokerConfig", "BrokerInterface", "BrokerService",
        "CLinux", "HTTPTypes", "LocalSocket", "Logging", "NIOCore",
        "NIOHTTP1", "NIOPosix", "NIOSSL", "OAuth", "RedirectListener", "Secrets",
        "ServiceLifecycle", "Systemd",
        "TokenBroker", "TokenVault", "UnixSignals",
      ]), never: "logic worth a test"),
    ImportRule(
      "remedy",
      may: system([
        "ArgumentParser", "BrokerInterface", "CLinux", "JSON", "JSONRPC", "Prompts", "QRCodes",
        "RemedyClient", "Secrets", "SecurityKeys",
      ]), never: "NIO, Foundation, TokenBroker, TokenVault, OAuth"),
    ImportRule(
      "remedy-fido2",
      may: system(["CFido2", "CLinux", "Crypto", "JSON", "Secrets", "SecurityKeys"]),
      never: "the broker, terminals, Foundation"),

    // The independent witness.
    ImportRule(
      "IdentityEngineSimulator",
      // What is in a picture is nobody's protocol, so drawing one may be shared.
      may: system(["Crypto", "CryptoExtras", "Foundation", "HTTPTypes", "QRCodes"]),
      never: "any other target of ours: it must be able to be wrong by itself"),
    ImportRule(
      "remedy-simulator",
      may: system([
        "ArgumentParser", "Crypto", "CryptoExtras", "Foundation", "HTTPTypes", "Hummingbird",
        "HummingbirdCore", "HummingbirdTLS", "IdentityEngineSimulator", "Logging", "NIOCore",
        "NIOPosix", "NIOSSL", "ServiceLifecycle", "SwiftASN1", "X509",
      ]), never: "any target of ours but the simulated organisation"),

    // C behind one door each: no Swift in them.
    ImportRule("CFido2", may: [], never: "logic"),
    ImportRule("CLinux", may: [], never: "logic"),
    ImportRule("CPNG", may: [], never: "logic"),
    ImportRule("CSodium", may: [], never: "logic"),
    ImportRule("CSystemd", may: [], never: "logic"),
    ImportRule("CTOML", may: [], never: "logic"),
    ImportRule("CZeroingHeap", may: [], never: "anything but the C library's heap"),
  ]

  /// For pure targets: dates and addresses, nothing of the machine.
  private static func essentials(_ modules: Set<String>) -> Set<String> {
    modules.union(["FoundationEssentials"])
  }

  /// For the others: the C library and locks too.
  private static func system(_ modules: Set<String>) -> Set<String> {
    modules.union(["Dispatch", "FoundationEssentials", "Glibc", "Synchronization"])
  }
}
