package import VitqFormat

/// Reads ONNX files (see formats/onnx.md).
///
/// The file is untrusted. It is mapped and scanned with bounds of our own before libprotobuf-c sees the
/// structure; tensors are checked against the bytes they claim, and the graph against
/// ``ONNXGraph``'s rules. No file is opened but the model and those of its folder that it names.
package enum ONNXReader {
  package static let opsets = 11...23
  package static let irVersions = 3...14

  /// The model in the file at `path`, with weights still in the mapped file.
  ///
  /// - Throws: ``ONNXError``.
  package static func model(at path: String) throws(ONNXError) -> ONNXModel {
    let file: FileBytes
    do throws(FileError) {
      file = try FileBytes(path: path)
    } catch {
      throw .file(error)
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return try model(in: file, folder: String(folder))
  }

  /// The model that `file` holds.
  ///
  /// - Parameters:
  ///   - file: The whole file.
  ///   - folder: Where files with weights are; empty, or ends in `/`.
  /// - Returns: The model.
  /// - Throws: ``ONNXError``.
  package static func model(
    in file: FileBytes, folder: String
  ) throws(ONNXError) -> ONNXModel {
    if let resembles = resemblance(of: file) { throw .notONNX(resembles: resembles) }
    let scan = try ONNXScan(file)
    let unpacked = try UnpackedModel(scan)
    var decoder = ModelDecoder(tensors: TensorDecoder(file, scan, folder: folder))
    let model = try decoder.model(unpacked)
    try model.graph.checkValues(constantSources: decoder.constantSources)
    return model
  }

  /// What a file looks like that is certainly not ONNX; the first field of a model is a number or a
  /// text, whose tag none of these starts with.
  private static func resemblance(of file: FileBytes) -> String? {
    let start = file.bytes(in: 0..<min(16, file.count))
    let signatures: [(start: [UInt8], name: String)] = [
      ([0x89] + Array("HDF".utf8), "HDF5"), (Array("PK".utf8) + [3, 4], "a zip archive or pickle"),
      ([0x80, 2], "a pickle"), (Array("version https://".utf8), "a Git LFS pointer"),
      (Array("<".utf8), "HTML or XML"), (Array("{".utf8), "JSON"),
    ]
    if let match = signatures.first(where: { start.starts(with: $0.start) }) { return match.name }
    let isHeaderOfSafetensors = start.count > 8 && start[8] == UInt8(ascii: "{")
    return isHeaderOfSafetensors && start[5..<8].allSatisfy { $0 == 0 } ? "safetensors" : nil
  }
}
