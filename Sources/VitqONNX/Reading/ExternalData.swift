package import VitqFormat

/// The files beside a model that hold elements of its tensors.
///
/// A model may name only regular files of its own folder: no separators, no links, symbolic or
/// hard. Each file is mapped once, and what is mapped is what was checked.
///
/// Source: ONNX's `docs/ExternalData.md`; the rules are stricter, see `formats/onnx.md`.
struct ExternalData {
  /// Empty, or ends in `/`.
  private let folder: String
  private var files: [String: FileBytes] = [:]

  init(folder: String) { self.folder = folder }

  /// The bytes of a tensor.
  ///
  /// - Parameters:
  ///   - entries: The keys and values of `external_data`.
  ///   - byteCount: What the tensor's type and shape take.
  ///   - tensor: The tensor's name.
  /// - Returns: The mapped file, and where in it the elements are.
  /// - Throws: ``ONNXError/externalData(tensor:location:_:)``.
  mutating func region(
    _ entries: [(key: String, value: String)], byteCount: Int, of tensor: String
  ) throws(ONNXError) -> (file: FileBytes, range: Range<Int>) {
    var values: [String: String] = [:]
    for (key, value) in entries where values.updateValue(value, forKey: key) != nil {
      throw .externalData(tensor: tensor, location: "", .duplicateKey(key))
    }
    let location = values.removeValue(forKey: "location") ?? ""
    do throws(ExternalDataDefect) {
      let start = try Self.number("offset", values.removeValue(forKey: "offset")) ?? 0
      let length = try Self.number("length", values.removeValue(forKey: "length"))
      if let key = values.keys.min() { throw .unsupportedKey(key) }
      try Self.checkName(location)
      let file = try open(location)
      guard length ?? byteCount == byteCount else {
        throw .byteCountMismatch(expected: byteCount, found: length ?? 0)
      }
      guard start <= file.count, byteCount <= file.count - start else {
        throw .outsideFile(offset: start, length: byteCount, fileByteCount: file.count)
      }
      return (file, start..<start + byteCount)
    } catch {
      throw .externalData(tensor: tensor, location: location, error)
    }
  }

  private static func number(
    _ key: String, _ text: String?
  ) throws(ExternalDataDefect) -> Int? {
    guard let text else { return nil }
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let number = Int(text)
    else { throw .notANumber(key: key, found: text) }
    return number
  }

  private static func checkName(_ location: String) throws(ExternalDataDefect) {
    let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ":")]
    guard 1...255 ~= location.utf8.count, location != ".", location != "..",
      location.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && !separators.contains($0) })
    else { throw .notAFileName }
  }

  private mutating func open(_ location: String) throws(ExternalDataDefect) -> FileBytes {
    if let file = files[location] { return file }
    do throws(FileError) {
      let file = try FileBytes(path: folder + location, links: .refused)
      files[location] = file
      return file
    } catch {
      throw .file(error)
    }
  }
}

/// What is wrong with the place outside the model where a tensor's elements should be.
package enum ExternalDataDefect: Error, Equatable {
  /// No name of a file of the model's own folder.
  case notAFileName
  case unsupportedKey(String)
  case duplicateKey(String)
  case notANumber(key: String, found: String)
  case file(FileError)
  case byteCountMismatch(expected: Int, found: Int)
  case outsideFile(offset: Int, length: Int, fileByteCount: Int)
}

extension ExternalDataDefect: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAFileName: "refused: expected the name of a file in the model's own folder"
    case .unsupportedKey(let key):
      "key '\(key)' is not supported: expected location, offset and length"
    case .duplicateKey(let key): "key '\(key)' is given twice"
    case .notANumber(let key, let found):
      "\(key): expected a number of bytes, found '\(found.prefix(40))'"
    case .file(.notFound): "no such file: expected it in the model's folder"
    case .file(let error): "\(error)"
    case .byteCountMismatch(let expected, let found):
      "length: expected \(expected) bytes for the tensor's type and shape, found \(found)"
    case .outsideFile(let offset, let length, let fileByteCount):
      "outside the file: expected at most \(fileByteCount) bytes, found \(length) from \(offset)"
    }
  }
}
