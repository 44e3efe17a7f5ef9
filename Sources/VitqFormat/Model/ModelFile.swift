/// An open `.vitq` file: a safetensors file with a header of its own; see `formats/vitq.md`.
///
/// Opening checks the header against its digest, the place of every tensor, and the digests of the
/// program, the labels and every tensor of at most ``smallByteCount`` bytes, such as scales. The
/// bytes of other tensors are left untouched until somebody uses them; ``checkWeights()`` and
/// ``verify()`` check those too.
package struct ModelFile: Sendable {
  /// The tensors with a meaning of their own.
  package enum Name {
    package static let program = "program"
    package static let labels = "labels"
    static let all = [program, labels]
  }

  /// The size up to which tensors share one digest, which opening a file checks.
  package static let smallByteCount = 16_384

  package let container: SafetensorsFile
  package let header: ModelHeader
  /// The tensors of the model, in file order: all but padding, program and labels.
  package let tensors: [StoredTensor]
  /// All tensors but padding, in file order.
  private let stored: [StoredTensor]
  private let digests: Digests

  /// Maps or reads the file at `path`, and checks it.
  package init(path: String, from source: FileBytes.Source = .mapped) throws(ModelFileError) {
    let bytes: FileBytes
    do throws(FileError) {
      bytes = try FileBytes(path: path, from: source)
    } catch {
      throw .file(error)
    }
    try self.init(bytes)
  }

  /// Checks the bytes of a whole file.
  package init(_ bytes: FileBytes) throws(ModelFileError) {
    do throws(SafetensorsError) {
      container = try SafetensorsFile(bytes)
    } catch {
      let start = bytes.bytes(in: 0..<min(FileFormat.startByteCount, bytes.count))
      if let format = FileFormat(startOf: start), format != .safetensors {
        throw .otherFormat(format)
      }
      guard FileFormat.hasSafetensorsHeader(start) else { throw .noFormat }
      throw .container(error)
    }
    header = try ModelHeader(metadata: container.metadata)
    stored = container.tensors.filter {
      !$0.name.hasPrefix(SafetensorsLayout.paddingPrefix)
    }
    digests = try Digests(
      metadata: container.metadata,
      largeCount: stored.count { $0.range.count > Self.smallByteCount })
    tensors = stored.filter { !Name.all.contains($0.name) }
    guard digests.match(header: bytes.bytes(in: 0..<container.headerRange.upperBound)) else {
      throw .headerDigestMismatch
    }
    try checkPadding()
    for tensor in stored {
      guard tensor.range.lowerBound % SafetensorsLayout.alignment == 0 else {
        throw .misaligned(tensor: tensor.name, byteOffset: tensor.range.lowerBound)
      }
    }
    try checkDigests { Name.all.contains($0.name) }
  }

  /// Checks the digest of every tensor.
  ///
  /// - Throws: ``ModelFileError/digestMismatch(tensor:)`` for the first tensor that is damaged.
  package func verify() throws(ModelFileError) {
    try checkDigests { _ in true }
  }

  /// Checks the checksum of every large tensor; opening the file checked the small ones.
  ///
  /// - Throws: ``ModelFileError/digestMismatch(tensor:)`` for the first tensor that is damaged.
  package func checkWeights() throws(ModelFileError) {
    let large = stored.filter { $0.range.count > Self.smallByteCount }
    for (tensor, checksum) in zip(large, digests.checksums) {
      var found = CRC32C()
      unsafe container.withUnsafeBytes(of: tensor) { unsafe found.update($0) }
      guard found.hexDigits == checksum else { throw .digestMismatch(tensor: tensor.name) }
    }
  }

  /// The program, decoded and verified against the tensors of the file.
  package func program() throws(ModelFileError) -> Program {
    let stored = try bytes(named: Name.program)
    do throws(ProgramError) {
      let program = try ProgramCodec.decode(stored)
      try ProgramVerifier(program, container).verify()
      return program
    } catch {
      throw .program(error)
    }
  }

  /// The classes in the order of the logits; empty if the file has no labels.
  package func labels() throws(ModelFileError) -> [Label] {
    container[Name.labels] == nil ? [] : try Label.decode(try bytes(named: Name.labels))
  }

  /// The labels, of which there are as many as classes or none.
  package func labels(classCount: Int) throws(ModelFileError) -> [Label] {
    let labels = try labels()
    guard labels.isEmpty || labels.count == classCount else {
      throw .labelCountMismatch(classes: classCount, labels: labels.count)
    }
    return labels
  }

  /// The bytes of a one-dimensional U8 tensor.
  private func bytes(named name: String) throws(ModelFileError) -> [UInt8] {
    guard let tensor = container[name] else { throw .missingTensor(name) }
    guard tensor.type == .u8, tensor.shape.count == 1 else {
      throw .wrongTensor(
        name, expected: "U8 of one axis", found: "\(tensor.type.rawValue) \(tensor.shape)")
    }
    return container.bytes(of: tensor)
  }

  /// Checks the joint digest of the small tensors, and those of the large ones that are asked for.
  private func checkDigests(
    ofLarge isChecked: (StoredTensor) -> Bool
  ) throws(ModelFileError) {
    var small = SHA256()
    var large = digests.large.makeIterator()
    for tensor in stored {
      if tensor.range.count <= Self.smallByteCount {
        unsafe container.withUnsafeBytes(of: tensor) { unsafe small.update($0) }
        continue
      }
      guard let digest = large.next() else { throw .digestListMismatch }
      guard isChecked(tensor) else { continue }
      let found = unsafe container.withUnsafeBytes(of: tensor) { unsafe SHA256.hexDigest(of: $0) }
      guard found == digest else { throw .digestMismatch(tensor: tensor.name) }
    }
    guard small.hexDigest() == digests.small else { throw .smallDigestMismatch }
  }

  private func checkPadding() throws(ModelFileError) {
    for tensor in container.tensors where tensor.name.hasPrefix(SafetensorsLayout.paddingPrefix) {
      let isZero =
        tensor.range.count < SafetensorsLayout.alignment
        && container.bytes(of: tensor).allSatisfy { $0 == 0 }
      guard tensor.type == .u8, isZero else { throw .nonzeroPadding(tensor: tensor.name) }
    }
  }
}
