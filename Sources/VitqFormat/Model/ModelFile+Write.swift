extension ModelFile {
  /// Writes a `.vitq` file; see `formats/vitq.md`.
  ///
  /// The same arguments give the same bytes.
  ///
  /// - Parameters:
  ///   - header: What the model is and where it comes from.
  ///   - program: Its program, if the kind of `header` is `program`.
  ///   - labels: The classes in the order of the logits, or none.
  ///   - tensors: The weights. The names of ``ModelFile/Name`` are reserved.
  ///   - path: Where the file shall appear.
  ///   - overwriting: Whether a file that is there may be replaced.
  /// - Throws: ``FileError``; the path then holds what it held before.
  package static func write(
    _ header: ModelHeader, program: Program? = nil, labels: [Label] = [],
    tensors: [OutputTensor], to path: String, overwriting: Bool
  ) throws(FileError) {
    var file = try AtomicFile(path: path, overwriting: overwriting)
    try write(header, program, labels, tensors, to: &file)
    try file.commit()
  }

  /// The bytes of a `.vitq` file, for tests and for programs without a file system.
  package static func encode(
    _ header: ModelHeader, program: Program? = nil, labels: [Label] = [],
    tensors: [OutputTensor]
  ) throws(FileError) -> [UInt8] {
    var memory = MemorySink()
    try write(header, program, labels, tensors, to: &memory)
    return memory.bytes
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    _ header: ModelHeader, _ program: Program?, _ labels: [Label], _ tensors: [OutputTensor],
    to sink: inout Sink
  ) throws(FileError) {
    precondition(
      (program != nil) == (header.kind == .program), "a file of kind \(header.kind)")
    var all: [OutputTensor] = []
    if let program {
      let bytes = ProgramCodec.encode(program)
      all.append(OutputTensor(Name.program, bytes: bytes, shape: [bytes.count]))
    }
    if !labels.isEmpty {
      let bytes = Label.encode(labels)
      all.append(OutputTensor(Name.labels, bytes: bytes, shape: [bytes.count]))
    }
    all += tensors
    let metadata = header.metadata
    let layout = SafetensorsLayout(all)
    // The digests have a fixed length, so the header can be filled in when they are known.
    var digests = Digests(zeroedForLarge: all.count { $0.byteCount > smallByteCount })
    let placeholder = layout.header(metadata: digests.adding(to: metadata))
    try sink.reserve(byteCount: placeholder.count + layout.dataByteCount)
    try sink.write(placeholder)
    try writeData(of: all, layout, &digests, to: &sink)
    digests.header = SHA256.hexDigest(
      of: layout.header(metadata: digests.adding(to: metadata)))
    try sink.seek(to: 0)
    try sink.write(layout.header(metadata: digests.adding(to: metadata)))
  }

  /// Writes tensors and the padding between them, and takes down their digests.
  private static func writeData<Sink: ByteSink & ~Copyable>(
    of tensors: [OutputTensor], _ layout: SafetensorsLayout, _ digests: inout Digests,
    to sink: inout Sink
  ) throws(FileError) {
    var next = 0
    var large = 0
    var small = SHA256()
    for entry in layout.entries {
      guard next < tensors.count, entry.name == tensors[next].name else {
        try sink.write([UInt8](repeating: 0, count: entry.byteCount))
        continue
      }
      let isSmall = entry.byteCount <= smallByteCount
      var own = SHA256()
      var checksum = CRC32C()
      try unsafe tensors[next].forEachPiece { (bytes) throws(FileError) in
        if isSmall {
          unsafe small.update(bytes)
        } else {
          unsafe own.update(bytes)
          unsafe checksum.update(bytes)
        }
        try unsafe sink.write(bytes)
      }
      if !isSmall {
        digests.large[large] = own.hexDigest()
        digests.checksums[large] = checksum.hexDigits
        large += 1
      }
      next += 1
    }
    digests.small = small.hexDigest()
  }
}
