// What a record's payload is made of: a list of (tag, length, bytes), built in place in guarded
// memory. Tags are never reused for another meaning; one that a version does not know is kept out
// of its way by its length. docs/vault-format.md lists the tags.

internal import Secrets

enum TaggedFields {
  /// One byte of tag, four of length, big-endian, and the bytes, field by field.
  static func encode(_ fields: [(UInt8, Secret)]) -> Secret {
    Secret(count: fields.reduce(0) { $0 + 5 + $1.1.count }) { span in
      var offset = 0
      for (tag, bytes) in fields {
        span[offset] = tag
        for shift in 0..<4 {
          span[offset + 1 + shift] = UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * shift))
        }
        offset += 5
        bytes.withBytes { bytes in
          for index in bytes.indices { span[offset + index] = bytes[index] }
        }
        offset += bytes.count
      }
    }
  }

  /// The fields; `nil` where the lengths do not add up.
  static func decode(_ payload: Secret) -> [(UInt8, Secret)]? {
    payload.withBytes { span in
      var fields: [(UInt8, Secret)] = []
      var offset = 0
      while offset < span.count {
        guard span.count - offset >= 5 else { return nil }
        let tag = span[offset]
        let length = (1...4).reduce(0) { $0 << 8 | Int(span[offset + $1]) }
        offset += 5
        guard length <= span.count - offset else { return nil }
        let start = offset
        fields.append(
          (
            tag,
            Secret(count: length) { part in
              for index in part.indices { part[index] = span[start + index] }
            }
          ))
        offset += length
      }
      return fields
    }
  }
}
