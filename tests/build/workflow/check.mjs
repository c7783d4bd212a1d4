// What is wrong in the workflow on the standard input, by the schema of the forge; nothing where nothing is.
import {readFileSync} from 'node:fs';
import validator from '@action-validator/core';

const {errors} = validator.validateWorkflow(readFileSync(0, 'utf8'));
for (const error of errors)
    console.log(JSON.stringify(error));
