// A certificate for loopback and the authority that signs it, made anew at each start, so that no
// private key of a test ever lies in a repository.

import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// An authority and the certificate of one server, both P-256.
struct ServerCertificate {
  private let authority: Certificate
  private let certificate: Certificate
  private let key: P256.Signing.PrivateKey

  /// Certificates that hold from an hour ago for thirty days, for `localhost`, both loopback
  /// addresses, and the host. Throws what the certificate library throws.
  init(host: String, now: Date) throws {
    let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let authorityName = try DistinguishedName { CommonName("Remedy simulator authority") }
    let from = now - 3600
    let until = now + 30 * 86400
    authority = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: authorityKey.publicKey,
      notValidBefore: from, notValidAfter: until, issuer: authorityName, subject: authorityName,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: authorityKey.publicKey)
      },
      issuerPrivateKey: authorityKey)

    let key = P256.Signing.PrivateKey()
    let publicKey = Certificate.PublicKey(key.publicKey)
    var names: [GeneralName] = [
      .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
      .ipAddress(
        ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
    ]
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    if host != "localhost" && !isAddress { names.append(.dnsName(host)) }
    certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
      notValidBefore: from, notValidAfter: until, issuer: authorityName,
      subject: DistinguishedName { CommonName("localhost") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(names)
        AuthorityKeyIdentifier(
          keyIdentifier: SubjectKeyIdentifier(hash: authorityKey.publicKey).keyIdentifier)
      },
      issuerPrivateKey: authorityKey)
    self.key = key
  }

  /// Writes the authority's certificate to `ca.pem` in a folder, which is made where it is missing,
  /// and returns the path. Throws what the file system throws.
  func writeAuthority(to folder: String) throws -> String {
    let url = URL(filePath: folder, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let file = url.appending(path: "ca.pem")
    try Data(pem(of: authority).utf8).write(to: file, options: .atomic)
    return file.path
  }

  /// What the server needs. Throws where the TLS library cannot read what was made.
  func tlsConfiguration() throws -> TLSConfiguration {
    let chain = try [certificate, authority].map {
      NIOSSLCertificateSource.certificate(
        try NIOSSLCertificate(bytes: Array(pem(of: $0).utf8), format: .pem))
    }
    let privateKey = try NIOSSLPrivateKey(
      bytes: Array(key.pemRepresentation.utf8), format: .pem)
    return .makeServerConfiguration(
      certificateChain: chain, privateKey: .privateKey(privateKey))
  }

  private func pem(of certificate: Certificate) throws -> String {
    try certificate.serializeAsPEM().pemString
  }
}
