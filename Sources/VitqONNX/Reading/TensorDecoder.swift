import CVitqONNX
import VitqFormat

/// Makes tensors of messages and the bytes that the scan left in the file.
struct TensorDecoder {
  private let file: FileBytes
  private let elements: [ONNXScan.Elements]
  private var externalData: ExternalData
  /// How many tensors of each floating-point type other than FP32 there are.
  private(set) var converted: [ONNXElementType: Int] = [:]
  private var tensorCount = 0

  /// A decoder of tensors whose elements are in `file`, where `scan` found them, or in files of `folder`.
  init(_ file: FileBytes, _ scan: ONNXScan, folder: String) {
    self.file = file
    elements = scan.elements
    externalData = ExternalData(folder: folder)
  }

  /// The tensor of `message`, which errors call `name`.
  mutating func tensor(
    _ message: Vitq__Onnx__TensorProto, named name: String
  ) throws(ONNXError) -> ONNXTensor {
    tensorCount += 1
    guard tensorCount <= ONNXLimits.tensorCount + ONNXLimits.nodeCount else {
      throw .limitExceeded(
        quantity: "tensors", limit: ONNXLimits.tensorCount + ONNXLimits.nodeCount,
        found: tensorCount)
    }
    let number = Int(unsafe message.data_type)
    guard let type = ONNXElementType(rawValue: number) else {
      throw .unsupportedElementType(
        tensor: name, found: ONNXElementType.name(ofNumber: number))
    }
    let (shape, elementCount) = try unsafe Self.shape(message, name)
    if type.isFloatingPoint, type != .float { converted[type, default: 0] += 1 }
    let index = unsafe message.has_elements != 0 ? Int(message.elements) : nil
    let inline = index.map { elements[$0] }
    let byteCount = elementCount * type.byteCount
    if unsafe message.has_data_location != 0, unsafe message.data_location != 0 {
      guard inline == nil else { throw .severalPayloads(tensor: name) }
      let entries = unsafe messages(message.external_data, message.n_external_data).map {
        unsafe (key: text($0.key), value: text($0.value))
      }
      let (data, range) = try externalData.region(entries, byteCount: byteCount, of: name)
      return Self.tensor(shape, type, data, range)
    }
    guard unsafe message.n_external_data == 0 else { throw .severalPayloads(tensor: name) }
    guard let inline else {
      guard elementCount == 0 else {
        throw .byteCountMismatch(tensor: name, expected: byteCount, found: 0)
      }
      return Self.tensor(shape, type, file, 0..<0)
    }
    switch inline.field {
    case .integers32, .integers64:
      return try typed(inline, type, shape, elementCount, name)
    case .floats, .doubles:
      let expected: ONNXElementType = inline.field == .floats ? .float : .double
      guard type == expected else {
        throw .wrongElementField(tensor: name, elementType: type, field: inline.field.name)
      }
    case .raw: break
    }
    let found = inline.ranges.reduce(0) { $0 + $1.count }
    guard found == byteCount else {
      throw .byteCountMismatch(tensor: name, expected: byteCount, found: found)
    }
    guard inline.ranges.count > 1 else {
      return Self.tensor(shape, type, file, inline.ranges[0])
    }
    let whole = FileBytes(inline.ranges.flatMap { file.bytes(in: $0) })
    return Self.tensor(shape, type, whole, 0..<whole.count)
  }

  private static func shape(
    _ message: Vitq__Onnx__TensorProto, _ name: String
  ) throws(ONNXError) -> (shape: [Int], elementCount: Int) {
    let dimensions = unsafe numbers(message.dims, message.n_dims).map { Int($0) }
    guard dimensions.count <= ONNXLimits.rank else {
      throw .limitExceeded(
        quantity: "dimensions of tensor '\(name)'", limit: ONNXLimits.rank,
        found: dimensions.count)
    }
    var elementCount = 1
    for dimension in dimensions {
      let (product, overflows) = elementCount.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflows, product <= ONNXLimits.elementCount else {
        throw .invalidShape(tensor: name, shape: dimensions)
      }
      elementCount = product
    }
    return (dimensions, elementCount)
  }

  /// The tensor whose elements fill `range` of `file`: decoded where they are few.
  private static func tensor(
    _ shape: [Int], _ type: ONNXElementType, _ file: FileBytes, _ range: Range<Int>
  ) -> ONNXTensor {
    if type == .boolean {
      return ONNXTensor(shape: shape, storage: .booleans(file.bytes(in: range).map { $0 != 0 }))
    }
    let payload = ONNXPayload(type, file, range)
    guard range.count <= ONNXLimits.eagerByteCount else {
      return ONNXTensor(shape: shape, storage: .payload(payload))
    }
    if let floats = payload.floats() { return ONNXTensor(shape, floats) }
    return ONNXTensor(shape, payload.integers() ?? [])
  }

  /// The tensor of numbers that are stored one by one, as older tools do.
  private func typed(
    _ inline: ONNXScan.Elements, _ type: ONNXElementType, _ shape: [Int], _ elementCount: Int,
    _ name: String
  ) throws(ONNXError) -> ONNXTensor {
    let permitted: [ONNXElementType] =
      inline.field == .integers64
      ? [.int64] : [.int32, .int8, .uint8, .boolean, .float16, .bfloat16]
    guard permitted.contains(type) else {
      throw .wrongElementField(tensor: name, elementType: type, field: inline.field.name)
    }
    var values: [Int] = []
    for range in inline.ranges {
      var reader = WireReader(file, range)
      while !reader.isAtEnd {
        values.append(Int(Int64(bitPattern: try reader.varint())))
        guard values.count <= elementCount else { break }
      }
    }
    guard values.count == elementCount else {
      throw .elementCountMismatch(tensor: name, expected: elementCount, found: values.count)
    }
    let bounds = type.integerBounds
    guard let index = values.firstIndex(where: { !bounds.contains($0) }) else {
      if type == .boolean {
        return ONNXTensor(shape: shape, storage: .booleans(values.map { $0 != 0 }))
      }
      guard type.isFloatingPoint else { return ONNXTensor(shape, values) }
      // The bits of a 16-bit number.
      let bytes = FileBytes(values.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
      return Self.tensor(shape, type, bytes, 0..<bytes.count)
    }
    throw .elementOutOfRange(tensor: name, index: index, value: values[index], elementType: type)
  }
}

extension ONNXElementType {
  /// The numbers that stand in `int32_data` or `int64_data` for an element of the type.
  fileprivate var integerBounds: ClosedRange<Int> {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .int32: Int(Int32.min)...Int(Int32.max)
    case .boolean: 0...1
    case .float16, .bfloat16: 0...0xFFFF
    case .int64, .float, .double: Int.min...Int.max
    }
  }
}

extension ONNXScan.ElementField {
  /// The name in the specification.
  var name: String {
    switch self {
    case .floats: "float_data"
    case .integers32: "int32_data"
    case .integers64: "int64_data"
    case .raw: "raw_data"
    case .doubles: "double_data"
    }
  }
}
