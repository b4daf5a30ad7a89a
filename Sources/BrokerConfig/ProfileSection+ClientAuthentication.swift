// How a profile's client proves itself: a method, and the one secret or key that this method uses.
// A key is read when the configuration is, so that one which cannot sign stops the start.

internal import OAuth
internal import Secrets
internal import TokenBroker

extension ProfileSection {
  private static let secretMethods = [
    "client_secret_basic", "client_secret_post", "client_secret_jwt",
  ]
  private static let keyMethod = "private_key_jwt"

  /// nil where method, secret or key do not hold.
  func clientAuthentication(_ report: inout FaultReport) -> ClientAuthentication? {
    let words = ["none"] + Self.secretMethods + [Self.keyMethod]
    let method = section.word("client_auth", of: words, into: &report)
    let secret = reference("client_secret", &report)
    let key = reference("private_key", &report)
    let id = keyID(&report)
    // A method that does not hold is a fault of its own: it says nothing of secret and key.
    guard method != nil || !section.has("client_auth") else { return nil }
    let used = method ?? "none"
    refuseUnused("client_secret", "secret", by: used, unless: Self.secretMethods, &report)
    refuseUnused("private_key", "private key", by: used, unless: [Self.keyMethod], &report)
    refuseUnused("private_key_id", "private key", by: used, unless: [Self.keyMethod], &report)

    switch used {
    case Self.keyMethod:
      return privateKey(key, id: id, &report).map { .privateKeyJWT($0) }
    case "client_secret_jwt":
      return clientSecret(secret, method: used, &report).map { .clientSecretJWT($0) }
    case "client_secret_post":
      return clientSecret(secret, method: used, &report).map { .clientSecretPost($0) }
    case "client_secret_basic":
      return clientSecret(secret, method: used, &report).map { .clientSecretBasic($0) }
    default:
      return ClientAuthentication.none
    }
  }

  private func refuseUnused(
    _ name: String, _ what: String, by method: String, unless users: [String],
    _ report: inout FaultReport
  ) {
    guard !users.contains(method), let member = section.member(name), let user = users.first else {
      return
    }
    report.add(
      member.line, section.keyPath(name), "client_auth = \(quoted(method)) uses no \(what)",
      mend: "write client_auth = \(quoted(user)), or leave \(name) out")
  }

  /// The secret that a key of the table names, where one is named.
  private func reference(
    _ name: String, _ report: inout FaultReport
  ) -> Located<SecretReference>? {
    guard let found = section.string(name, example: "\"credential:NAME\"", into: &report),
      let reference = SecretReference.read(found, key: section.keyPath(name), into: &report)
    else { return nil }
    return Located(value: reference, line: found.line)
  }

  private func value(
    _ reference: Located<SecretReference>?, _ name: String, usedBy method: String,
    _ report: inout FaultReport
  ) -> Located<Secret>? {
    let key = section.keyPath(name)
    guard section.has(name) else {
      report.add(
        section.line, key, "is missing; client_auth = \(quoted(method)) uses it",
        mend: "write \(name) = \"credential:NAME\"")
      return nil
    }
    guard let reference,
      let secret = reference.value.secret(
        credentialsDirectory: credentialsDirectory, at: reference.line, key: key, into: &report)
    else { return nil }
    return Located(value: secret, line: reference.line)
  }

  // MARK: A secret

  private func clientSecret(
    _ reference: Located<SecretReference>?, method: String, _ report: inout FaultReport
  ) -> Secret? {
    guard let secret = value(reference, "client_secret", usedBy: method, &report) else {
      return nil
    }
    let key = section.keyPath("client_secret")
    guard Self.isClientSecret(secret.value) else {
      report.add(
        secret.line, key, "the secret holds a character that a client secret may not have",
        mend: "store it as one line of ASCII")
      return nil
    }
    // RFC 7518 §3.2: a key of HS256 is as long as its hash.
    guard method != "client_secret_jwt" || secret.value.count >= 32 else {
      report.add(
        secret.line, key, "the secret is too short for client_secret_jwt, which needs 32 bytes",
        mend: "have the issuer make a longer one, or write client_auth = \"client_secret_basic\"")
      return nil
    }
    return secret.value
  }

  /// VSCHAR (RFC 6749 appendix A.2).
  private static func isClientSecret(_ secret: Secret) -> Bool {
    secret.withBytes { bytes in
      bytes.indices.allSatisfy { (0x20...0x7E).contains(bytes[$0]) }
    }
  }

  // MARK: A key

  private func keyID(_ report: inout FaultReport) -> String? {
    guard
      let found = section.optionalString("private_key_id", example: "\"KID\"", into: &report)
    else { return nil }
    guard found.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      report.add(
        found.line, section.keyPath("private_key_id"), "holds a character that it may not have",
        mend: "write the key's id as the issuer shows it, in ASCII")
      return nil
    }
    return found.value
  }

  private func privateKey(
    _ reference: Located<SecretReference>?, id: String?, _ report: inout FaultReport
  ) -> PrivateKey? {
    guard let text = value(reference, "private_key", usedBy: Self.keyMethod, &report) else {
      return nil
    }
    do {
      return try PrivateKey(text.value, id: id)
    } catch {
      report.add(
        text.line, section.keyPath("private_key"), error.words, mend: error.mend)
      return nil
    }
  }
}

extension PrivateKey.Fault {
  fileprivate var words: String {
    switch self {
    case .unreadable: "the key is neither PEM nor JWK, or is broken"
    case .encrypted: "the key is locked with a passphrase"
    case .publicOnly: "there is only a public key or a certificate"
    case .several: "there is more than one key"
    case .unsupported(let what): "the key is for \(visible(what)), which is not supported"
    case .size(let bits): "the RSA key has \(bits) bits, not 2048 to 8192"
    }
  }

  fileprivate var mend: String {
    switch self {
    case .unreadable: "store an RSA or P-256 private key as PEM or JWK"
    case .encrypted: "store it without, as a systemd credential or in a file of mode 0600"
    case .publicOnly: "store the private key; the public one is for the issuer"
    case .several: "store the one that the client signs with"
    case .unsupported, .size: "make an RSA key of 2048 bits or more, or one on the curve P-256"
    }
  }
}
