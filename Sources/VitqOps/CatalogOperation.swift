package import VitqGraph

/// An operation that ``OperationCatalog`` lists; its `Codable` form is its attributes.
package protocol CatalogOperation: Operation, Codable {}
