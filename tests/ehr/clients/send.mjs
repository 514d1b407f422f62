// Sends with fhir-kit-client what a test asks it to: prints what was answered, as JSON.
import { Client } from 'fhir-kit-client';

const [baseUrl, bearerToken, patientId] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const told = {};

const temperature = (value, more) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8310-5' }] },
  subject: { reference: `Patient/${patientId}` },
  valueQuantity: { value, unit: 'Cel', system: 'http://unitsofmeasure.org', code: 'Cel' },
  ...more,
});
const at = (minutes) => new Date(Date.now() - minutes * 60000).toISOString();

const statement = await client.capabilityStatement();
told.fhirVersion = statement.fhirVersion;
told.transaction = statement.rest[0].interaction.map((each) => each.code);

const made = await client.create({
  resourceType: 'Observation',
  body: temperature(38.7, { effectiveDateTime: at(50), identifier: [{ system: 'urn:js', value: '1' }] }),
});
told.made = made.resourceType;
const version = made.meta.versionId;

const changed = await client.update({
  resourceType: 'Observation',
  id: made.id,
  body: { ...made, status: 'corrected', valueQuantity: { ...made.valueQuantity, value: 39.2 } },
  options: { headers: { 'If-Match': `W/"${version}"` } },
});
told.versions = [version, changed.meta.versionId];

const read = await client.read({ resourceType: 'Observation', id: made.id });
told.value = read.valueQuantity.value;

const url = 'urn:uuid:1e1e6f9f-66b5-4f0e-9b57-11cb0e8a1d10';
const taken = await client.transaction({
  body: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: url,
        resource: { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: 'js-1' }] },
        request: { method: 'POST', url: 'Patient' },
      },
      {
        resource: { ...temperature(37.5, { effectiveDateTime: at(40) }), subject: { reference: url } },
        request: { method: 'POST', url: 'Observation' },
      },
    ],
  },
});
told.statuses = taken.entry.map((each) => each.response.status);

const batch = await client.batch({
  body: {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [temperature('x', {}), temperature(37.9, { effectiveDateTime: at(30) })].map((resource) => ({
      resource,
      request: { method: 'POST', url: 'Observation' },
    })),
  },
});
told.batch = batch.entry.map((each) => each.response.status);

try {
  await client.create({ resourceType: 'Observation', body: temperature('39', { effectiveDateTime: at(5) }) });
} catch (error) {
  told.refused = [error.response.status, error.response.data.issue[0].expression[0]];
}
console.log(JSON.stringify(told));
