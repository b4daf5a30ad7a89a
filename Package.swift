// swift-tools-version: 6.2
//
// The manifest shows the architecture: one section a target, in the direction of the dependencies.
// Nothing imports a target that, directly or not, imports it; `Tests/ArchitectureTests` holds each
// target to the modules it may see.

import Foundation
import PackageDescription

/// Whether the helper for security keys is built: where libfido2's header is, unless the environment
/// says `REMEDY_FIDO2=no`. What SwiftPM remembers of a manifest it keeps until manifest or environment
/// change: where the library came later, `swift build --manifest-cache none` looks again.
let hasFIDO2 =
  Context.environment["REMEDY_FIDO2"] != "no"
  && ["/usr/include/fido.h", "/usr/local/include/fido.h"].contains {
    FileManager.default.fileExists(atPath: $0)
  }

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tests reach into C now and then, and are not the code whose `unsafe` is audited.
let testSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let asyncHTTPClient = Target.Dependency.product(
  name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

let package = Package(
  name: "remedy",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "remedyd", targets: ["remedyd"]),
    .executable(name: "remedy", targets: ["remedy"]),
    .executable(name: "remedy-simulator", targets: ["remedy-simulator"]),
    .library(name: "RemedyClient", targets: ["RemedyClient"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // MARK: C, behind one door each

    .systemLibrary(
      name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CTOML"),
    .target(name: "CZeroingHeap"),

    // MARK: Pure values: no clock, socket, file, task, logger or environment

    .target(name: "JSON", swiftSettings: swiftSettings),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: testSettings),

    .target(name: "Secrets", dependencies: ["CSodium"], swiftSettings: swiftSettings),
    .testTarget(
      name: "SecretsTests", dependencies: ["Secrets", "TestSupport"], exclude: ["Argon2"],
      swiftSettings: testSettings),

    .target(name: "Prompts", dependencies: ["JSON"], swiftSettings: swiftSettings),
    .testTarget(
      name: "PromptsTests", dependencies: ["JSON", "Prompts"], swiftSettings: testSettings),

    .target(
      name: "IdentityEngine", dependencies: ["JSON", httpTypes],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "IdentityEngineTests", dependencies: ["IdentityEngine", "JSON"],
      swiftSettings: testSettings),

    .target(
      name: "OAuth", dependencies: ["JSON", "Secrets", crypto, cryptoExtras, httpTypes],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "OAuthTests",
      dependencies: ["JSON", "OAuth", "Secrets", "TestSupport", crypto, cryptoExtras, httpTypes],
      exclude: ["JOSE"],
      swiftSettings: testSettings),

    .target(
      name: "InteractionCodeFlow", dependencies: ["IdentityEngine", "JSON", "Prompts", "Secrets"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "InteractionCodeFlowTests",
      dependencies: ["IdentityEngine", "InteractionCodeFlow", "JSON", "Prompts", "TestSupport"],
      swiftSettings: testSettings),

    .target(name: "JSONRPC", dependencies: ["JSON", "Secrets"], swiftSettings: swiftSettings),
    .testTarget(
      name: "JSONRPCTests", dependencies: ["JSON", "JSONRPC", "Secrets"],
      swiftSettings: testSettings),

    .target(
      name: "BrokerInterface", dependencies: ["JSON", "JSONRPC", "Prompts", "Secrets"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "BrokerInterfaceTests",
      dependencies: ["BrokerInterface", "JSON", "JSONRPC", "Prompts", "Secrets"],
      swiftSettings: testSettings),

    .target(name: "SecurityKeys", dependencies: ["JSON", "Secrets"], swiftSettings: swiftSettings),
    .testTarget(
      name: "SecurityKeysTests", dependencies: ["JSON", "SecurityKeys", "TestSupport", crypto],
      swiftSettings: testSettings),

    .target(name: "QRCodes", dependencies: ["CPNG"], swiftSettings: swiftSettings),
    .testTarget(
      name: "QRCodesTests", dependencies: ["CPNG", "QRCodes"], swiftSettings: testSettings),

    // MARK: The machine around us

    .target(name: "TokenVault", dependencies: ["CLinux", "Secrets"], swiftSettings: swiftSettings),
    .testTarget(
      name: "TokenVaultTests", dependencies: ["Secrets", "TokenVault"],
      exclude: ["Vectors"],
      swiftSettings: testSettings),

    .target(name: "Systemd", dependencies: ["CSystemd", logging], swiftSettings: swiftSettings),
    .testTarget(
      name: "SystemdTests", dependencies: ["Systemd", logging],
      swiftSettings: testSettings),

    .target(
      name: "LocalSocket",
      dependencies: ["CLinux", "JSON", "JSONRPC", "Secrets", nioCore, nioPosix],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "LocalSocketTests",
      dependencies: [
        "CLinux", "JSON", "JSONRPC", "LocalSocket", "Secrets", nioCore, nioPosix,
      ],
      swiftSettings: testSettings),

    .target(
      name: "RedirectListener", dependencies: ["OAuth", nioCore, nioHTTP1, nioPosix],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RedirectListenerTests",
      dependencies: ["OAuth", "RedirectListener", nioCore, nioPosix],
      swiftSettings: testSettings),

    .target(
      name: "RemedyClient",
      dependencies: ["BrokerInterface", "JSON", "JSONRPC", "Secrets"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RemedyClientTests",
      dependencies: [
        "BrokerInterface", "JSON", "JSONRPC", "Prompts", "RemedyClient", "Secrets",
      ],
      swiftSettings: testSettings),

    // MARK: The domain

    .target(
      name: "TokenBroker",
      dependencies: [
        "IdentityEngine", "InteractionCodeFlow", "JSON", "OAuth", "Prompts", "Secrets",
        "TokenVault", crypto, httpTypes, logging,
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TokenBrokerTests",
      dependencies: [
        "IdentityEngineSimulator", "JSON", "OAuth", "Prompts", "Secrets", "TestSupport",
        "TokenBroker", "TokenVault", "TurnedTime", crypto, httpTypes, logging,
      ],
      swiftSettings: testSettings),

    .target(
      name: "BrokerConfig",
      dependencies: ["CLinux", "CTOML", "OAuth", "Secrets", "TokenBroker", "TokenVault"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "BrokerConfigTests",
      dependencies: ["BrokerConfig", "OAuth", "Secrets", "TokenBroker", "TokenVault"],
      swiftSettings: testSettings),

    .target(
      name: "BrokerService",
      dependencies: [
        "BrokerInterface", "JSON", "JSONRPC", "LocalSocket", "Prompts", "Secrets", "TokenBroker",
      ],
      swiftSettings: swiftSettings),

    // MARK: The programs

    .executableTarget(
      name: "remedyd",
      dependencies: [
        "BrokerConfig", "BrokerInterface", "BrokerService", "CLinux", "CZeroingHeap", "LocalSocket",
        "RedirectListener", "Secrets", "Systemd", "TokenBroker", "TokenVault", argumentParser,
        asyncHTTPClient, httpTypes, logging, nioCore, nioHTTP1, nioPosix, nioSSL, serviceLifecycle,
        unixSignals,
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "remedy",
      dependencies: [
        "BrokerInterface", "JSON", "JSONRPC", "Prompts", "QRCodes", "RemedyClient", "Secrets",
        "SecurityKeys", argumentParser,
      ],
      swiftSettings: swiftSettings),

    // MARK: The independent witness: an Okta organisation, sharing no model with the client

    .target(
      name: "IdentityEngineSimulator",
      dependencies: ["QRCodes", crypto, cryptoExtras, httpTypes],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "IdentityEngineSimulatorTests",
      dependencies: [
        "IdentityEngineSimulator", "QRCodes", "TestSupport", crypto, cryptoExtras, httpTypes,
      ],
      swiftSettings: testSettings),
    .executableTarget(
      name: "remedy-simulator",
      dependencies: [
        "IdentityEngineSimulator", argumentParser, crypto, httpTypes, hummingbirdCore,
        hummingbirdTLS, logging, nioCore, nioPosix, nioSSL, serviceLifecycle, swiftASN1, x509,
      ],
      swiftSettings: swiftSettings),

    // MARK: What the tests share, and the tests that cross targets

    .target(
      name: "TestSupport", dependencies: ["JSON", "Prompts", crypto, cryptoExtras],
      path: "Tests/TestSupport",
      swiftSettings: testSettings),
    .target(
      name: "SimulatedPeople",
      dependencies: ["IdentityEngineSimulator", "JSON", "Prompts", "TestSupport"],
      path: "Tests/SimulatedPeople",
      swiftSettings: testSettings),
    .target(
      name: "TurnedTime", dependencies: ["TokenBroker"], path: "Tests/TurnedTime",
      swiftSettings: testSettings),
    .testTarget(
      name: "ServiceTests",
      dependencies: [
        "BrokerInterface", "IdentityEngineSimulator", "JSON", "JSONRPC", "Prompts", "RemedyClient",
        "Secrets", "SimulatedPeople", "TestSupport", "TokenVault", crypto, cryptoExtras,
        hummingbird, logging, nioCore, nioPosix, nioSSL, x509,
      ],
      exclude: ["Transcripts"],
      swiftSettings: testSettings),
    .testTarget(
      name: "WalkTests",
      dependencies: [
        "BrokerInterface", "IdentityEngineSimulator", "JSON", "JSONRPC", "OAuth", "Prompts",
        "RemedyClient", "Secrets", "SimulatedPeople", "TestSupport", "TokenBroker", "TokenVault",
        "TurnedTime", httpTypes, logging,
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "CommandTests", dependencies: ["JSON", "TestSupport"],
      exclude: ["Prompts", "Scripts"],
      swiftSettings: testSettings),
    .testTarget(name: "ArchitectureTests", swiftSettings: testSettings),
  ],
  cxxLanguageStandard: .cxx17
)

// Security keys at the terminal: a program of its own, since libfido2 needs libraries that cannot be
// part of a static executable such as `remedy`.
if hasFIDO2 {
  package.products.append(.executable(name: "remedy-fido2", targets: ["remedy-fido2"]))
  package.targets += [
    .systemLibrary(
      name: "CFido2", pkgConfig: "libfido2", providers: [.apt(["libfido2-dev"])]),
    .executableTarget(
      name: "remedy-fido2",
      dependencies: ["CFido2", "CLinux", "JSON", "Secrets", "SecurityKeys", crypto],
      swiftSettings: swiftSettings),
  ]
}
