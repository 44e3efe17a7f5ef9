import VitqFormat

/// The structure of a model without the elements of its tensors.
///
/// The scan walks the wire format of the whole file and copies what `formats/onnx.proto` names, so that
/// libprotobuf-c, which checks neither depth nor counts, sees only a small message that has been checked:
/// known fields of the right wire type, valid text, bounded counts. Elements of tensors are
/// left in the file and replaced by an index of ``elements``.
///
/// No message of `formats/onnx.proto` contains itself, which bounds the recursion.
struct ONNXScan {
  /// Where a tensor's elements are, by the field that holds them.
  struct Elements: Equatable {
    var field: ElementField
    /// One for each occurrence of the field.
    var ranges: [Range<Int>]
  }

  /// The fields of `TensorProto` that hold elements, by number.
  enum ElementField: UInt32 {
    case floats = 4
    case integers32 = 5
    case integers64 = 7
    case raw = 9
    case doubles = 10

    /// The wire type of one element outside a packed run.
    fileprivate var elementType: WireType? {
      switch self {
      case .floats: .fixed32
      case .integers32, .integers64: .varint
      case .doubles: .fixed64
      case .raw: nil
      }
    }
  }

  private(set) var structure: [UInt8] = []
  private(set) var elements: [Elements] = []
  private let file: FileBytes
  private var visitedFieldCount = 0
  private var fieldCount = 0
  private var messageCount = 0

  /// Field `elements` of `TensorProto`.
  private static let elementsTag: [UInt8] = [0xC0, 0x3E]
  private static let tensorIndex = MessageLayout.layouts.firstIndex { $0.name == "TensorProto" }
  /// A length in this many bytes, so that it can be filled in afterwards.
  private static let lengthByteCount = 4

  init(_ file: FileBytes) throws(ONNXError) {
    self.file = file
    try copyMessage(0, in: 0..<file.count)
  }

  private mutating func copyMessage(_ index: Int, in range: Range<Int>) throws(ONNXError) {
    try Self.count(&messageCount, "messages", ONNXLimits.messageCount)
    let layout = MessageLayout.layouts[index]
    let isTensor = index == Self.tensorIndex
    var found: Elements?
    var reader = WireReader(file, range)
    while !reader.isAtEnd {
      try Self.count(&visitedFieldCount, "fields", ONNXLimits.visitedFieldCount)
      let start = reader.offset
      let tag = try reader.tag()
      let contents = try reader.contents(of: tag.type)
      if isTensor, let field = ElementField(rawValue: tag.number) {
        try Self.add(contents, of: field, tag.type, at: start, to: &found)
      } else if let field = layout.fields[tag.number], !(isTensor && tag.number == 1000) {
        try copy(field, tag, contents, start: start)
      }
    }
    if let found {
      structure += Self.elementsTag
      appendVarint(UInt64(elements.count))
      elements.append(found)
    }
  }

  private static func add(
    _ contents: Range<Int>, of field: ElementField, _ type: WireType, at start: Int,
    to found: inout Elements?
  ) throws(ONNXError) {
    guard type == .chunk || type == field.elementType else {
      throw .malformed(offset: start, reason: "field \(field.rawValue) with wire type \(type)")
    }
    guard let known = found?.field else {
      found = Elements(field: field, ranges: [contents])
      return
    }
    guard known == field, field != .raw else {
      throw .malformed(offset: start, reason: "elements of one tensor in two fields")
    }
    // In place: a copy of the ranges for each part would take quadratic time.
    found?.ranges.append(contents)
    let count = found?.ranges.count ?? 0
    guard count <= ONNXLimits.fieldCount else {
      throw .limitExceeded(
        quantity: "parts of a tensor", limit: ONNXLimits.fieldCount, found: count)
    }
  }

  private mutating func copy(
    _ field: MessageLayout.Field, _ tag: WireTag, _ contents: Range<Int>, start: Int
  ) throws(ONNXError) {
    try Self.count(&fieldCount, "fields that are read", ONNXLimits.fieldCount)
    switch (field.content, tag.type) {
    case (.varint, .varint), (.fixed32, .fixed32), (.fixed64, .fixed64):
      appendTag(tag)
      try append(contents)
    case (.varint, .chunk) where field.isRepeated:
      try countNumbers(in: contents)
      try appendChunk(tag, contents)
    case (.fixed32, .chunk) where field.isRepeated && contents.count % 4 == 0:
      fieldCount += contents.count / 4 - 1
      try Self.count(&fieldCount, "fields that are read", ONNXLimits.fieldCount)
      try appendChunk(tag, contents)
    case (.text, .chunk):
      guard contents.count <= ONNXLimits.byteCount else { throw Self.tooManyBytes(contents.count) }
      let text = file.bytes(in: contents)
      guard !text.contains(0), String(validating: text, as: UTF8.self) != nil else {
        throw .malformed(
          offset: contents.lowerBound, reason: "text that is not UTF-8 or holds a NUL")
      }
      try appendChunk(tag, contents)
    case (.bytes, .chunk): try appendChunk(tag, contents)
    case (.message(let index), .chunk):
      appendTag(tag)
      let lengthStart = structure.count
      structure += Array(repeating: 0x80, count: Self.lengthByteCount)
      try copyMessage(index, in: contents)
      setLength(at: lengthStart)
    default:
      throw .malformed(offset: start, reason: "field \(tag.number) with wire type \(tag.type)")
    }
  }

  /// Checks a packed run of numbers.
  private mutating func countNumbers(in contents: Range<Int>) throws(ONNXError) {
    var numbers = WireReader(file, contents)
    while !numbers.isAtEnd {
      _ = try numbers.varint()
      try Self.count(&fieldCount, "fields that are read", ONNXLimits.fieldCount)
    }
  }

  private static func count(
    _ counter: inout Int, _ quantity: String, _ limit: Int
  ) throws(ONNXError) {
    counter += 1
    guard counter <= limit else {
      throw .limitExceeded(quantity: quantity, limit: limit, found: counter)
    }
  }

  private static func tooManyBytes(_ count: Int) -> ONNXError {
    .limitExceeded(
      quantity: "bytes besides the elements of tensors", limit: ONNXLimits.byteCount, found: count)
  }

  private mutating func append(_ contents: Range<Int>) throws(ONNXError) {
    let byteCount = structure.count + contents.count
    guard byteCount <= ONNXLimits.byteCount else { throw Self.tooManyBytes(byteCount) }
    for offset in contents { structure.append(file[offset]) }
  }

  private mutating func appendChunk(_ tag: WireTag, _ contents: Range<Int>) throws(ONNXError) {
    appendTag(tag)
    appendVarint(UInt64(contents.count))
    try append(contents)
  }

  private mutating func appendTag(_ tag: WireTag) {
    appendVarint(UInt64(tag.number) << 3 | UInt64(tag.type.rawValue))
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      structure.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    structure.append(UInt8(rest))
  }

  /// Fills in the length of a message that ends here; ``ONNXLimits/byteCount`` fits.
  private mutating func setLength(at start: Int) {
    var rest = structure.count - start - Self.lengthByteCount
    for i in 0..<Self.lengthByteCount {
      let more: UInt8 = i + 1 < Self.lengthByteCount ? 0x80 : 0
      structure[start + i] = UInt8(rest & 0x7F) | more
      rest >>= 7
    }
    precondition(rest == 0, "a message of \(structure.count - start) bytes")
  }
}
