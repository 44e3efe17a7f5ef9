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

  /// What a file looks like that is not ONNX.
  private static func resemblance(of file: FileBytes) -> String? {
    let start = file.bytes(in: 0..<min(FileFormat.startByteCount, file.count))
    guard let format = FileFormat(startOf: start), format != .onnx else { return nil }
    return format.rawValue
  }
}
