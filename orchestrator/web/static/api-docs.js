// Swagger UI over our own description. Nothing is fetched from anywhere else, and no token is kept.
"use strict";

SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  domNode: document.getElementById("api"),
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
